"""Times to detect, acknowledge, inform, mitigate and resolve: blank is not recorded, never zero."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.measures import Measured, first_month, measured_live, tables_of
from portal.incidents.parsing.metrics import metrics_of
from portal.incidents.parsing.vocabulary import Severity
from tests.incidents.status.scene import make_incident, make_update
from tests.support.pages import words

PAGE = "/ops/incidents/measures"
MINUTE = timedelta(minutes=1)
LONG_AGO = now().date() - timedelta(days=60)


@contextmanager
def counted():
    asked: list[str] = []

    def note(*given):
        asked.append(given[2])

    for engine in db.engines.values():
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in db.engines.values():
        event.remove(engine, "before_cursor_execute", note)


def texts(measured: Measured) -> dict[str, str]:
    return {each.name: each.text or each.reason for each in measured.metrics}


def test_a_live_incident_is_measured_by_its_own_times_and_the_first_message(app, over):
    (found,) = measured_live(LONG_AGO, {}, without=())
    assert texts(found) == {
        "Time to detect": "1 min",
        "Time to acknowledge": "2 min",
        "Time to first message": "1 h 59 min",  # its updates left a minute ago
        "Time to mitigate": "the time is not recorded",
        "Time to resolve": "1 h",
    }
    (found,) = measured_live(LONG_AGO, {over.id: over.started_at + 10 * MINUTE}, without=())
    assert texts(found)["Time to first message"] == "10 min"


@pytest.mark.parametrize(
    "given",
    [
        {"audience": Audience.INTERNAL},
        {"held_at": now()},
        {"leaves_at": now() + timedelta(days=1)},
    ],
)
def test_what_no_client_could_read_is_no_message(app, given):
    make_update(make_incident("outage"), "Words.", **given)
    (found,) = measured_live(LONG_AGO, {}, without=())
    assert texts(found)["Time to first message"] == "the time is not recorded"


def test_a_time_before_the_start_is_not_recorded_with_its_reason(app):
    at = now()
    make_incident("outage", started_at=at, detected_at=at - MINUTE, resolved_at=at)
    (found,) = measured_live(LONG_AGO, {}, without=())
    assert texts(found)["Time to detect"] == "the time is before the start"
    assert texts(found)["Time to resolve"] == "under 1 min"
    assert {each.reason for each in metrics_of({"resolved": at}, ())} == {
        "the start is not recorded"
    }


def test_drafts_discarded_ones_and_those_with_a_published_report_count_once(app):
    make_incident("draft", published_at=None)
    make_incident("gone", discarded_at=now())
    make_incident("reported", report_slug="the-report")
    assert measured_live(LONG_AGO, {}, without=["the-report"]) == []


def test_a_median_leaves_out_what_is_not_recorded_and_says_so():
    at = now()
    today = at.date()
    times = [{"started": at, "resolved": at + n * MINUTE} for n in (10, 20, 60)]
    times.append({"started": at})
    found = [
        Measured("a", "/", today, severity, metrics_of(each, ()))
        for each in times
        for severity in (Severity.MAJOR, None)
    ]
    resolve = tables_of(found, today)[-1]
    assert resolve.headings == ["Major", "Not recorded"]
    assert len(resolve.rows) == 12
    assert [cell.text for cell in resolve.rows[-1][1]] == ["20 min (4, 3 recorded)"] * 2
    assert [cell.text for cell in resolve.rows[0][1]] == ["none", "none"]
    detect = tables_of(found, today)[0]
    assert detect.rows[-1][1][0].text == "not recorded (4)"


def test_months_are_counted_over_the_years():
    day = LONG_AGO.replace(year=2026, month=2, day=28)
    assert first_month(day).isoformat() == "2025-03-01"
    assert first_month(day, 1).isoformat() == "2026-02-01"


def test_the_page_has_a_table_for_each_drawing_and_few_statements(browser, over, write):
    write(f"---\ntitle: Slow\nseverity: minor\nstarted: {now():%Y-%m-%d} 00:00 UTC\n---\n", "slow")
    with counted() as asked:
        page = browser.page(PAGE)
    assert len(asked) <= 15
    said = words(page.main)
    for part in ("Search is | down", "Slow", "Time to resolve", "1 h", "not recorded"):
        assert part in said
    assert len(page.select("svg.measures-drawing")) == 4  # nothing was mitigated
    assert len(page.select("details table")) == 5
    assert page.select_one(".measures-drawing rect title").text.endswith("Major: 1 min (1)")


def test_without_incidents_it_says_so_and_clients_do_not_see_it(browser, client, cleo):
    assert "No incident yet" in words(browser.page(PAGE).main)
