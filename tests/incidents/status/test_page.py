"""`/status` says what was published and measured, and nothing more."""

from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.documents.audiences.audience import Audience
from portal.incidents.live.models import Phase
from portal.incidents.parsing.vocabulary import Severity
from portal.monitoring.probes.models import ProbeState
from tests.incidents.status.scene import HOUR, make_incident, make_probe, make_span, make_update

MINUTE = timedelta(minutes=1)


def test_an_empty_page_claims_nothing(visitor):
    said = visitor.said()
    assert "No incident is published. Nothing is measured for this page." in said
    assert "No past incident is published." in said


def test_it_says_what_since_when_who_is_affected_and_when_the_next_update_is(visitor):
    at = now()
    row = make_incident("outage", title="Search is down", affected=["Search", "Profiles"])
    make_update(row, "First words.")
    make_update(
        row,
        "The cause is known.",
        phase=Phase.IDENTIFIED,
        next_update_at=at + 20 * MINUTE,
    )
    said = visitor.said()
    due = f"{at + 20 * MINUTE:%H:%M} UTC"
    for part in (
        "An incident is going on.",
        "Search is down",
        "Identified: the cause is known",
        f"{row.started_at:%H:%M} UTC",
        "Search, Profiles",
        "The cause is known.",
        f"by {due}",
    ):
        assert part in said
    assert "First words." not in said
    own = visitor.said("/status/incidents/outage")
    assert own.index("First words.") < own.index("The cause is known.")


def test_a_promise_that_was_not_kept_is_said(visitor):
    make_update(make_incident("outage"), "Words.", next_update_at=now() - MINUTE)
    assert "was due by" in visitor.said()


def test_maintenance_is_announced_and_what_is_over_is_listed_by_pages(visitor):
    at = now()
    planned = make_incident(
        "planned",
        title="New disks",
        severity=Severity.MAINTENANCE,
        phase=Phase.SCHEDULED,
        begins_at=at + HOUR,
        ends_at=at + 2 * HOUR,
    )
    make_update(planned, "We replace disks.")
    for number in range(21):
        over = make_incident(f"past-{number}", phase=Phase.RESOLVED)
        make_update(over, "Over.", happened_at=at - number * HOUR)
    page = visitor.status()
    assert "Announced maintenance" in page.text
    assert "Planned" in page.text
    assert "No incident is published." in page.text
    assert len(page.select(".status-past li")) == 20
    more = visitor.status("/status?page=2")
    assert [each.a["href"] for each in more.select(".status-past li")] == [
        "/status/incidents/past-20"
    ]
    assert visitor.status("/status?page=999").select(".status-past li") == more.select(
        ".status-past li"
    )


def test_a_correction_is_marked_and_words_are_no_markup(visitor):
    row = make_incident("outage")
    first = make_update(row, "<b>Bold</b> & wrong.")
    make_update(row, "Right.", corrects_id=first.id)
    page = visitor.status("/status/incidents/outage")
    assert "<b>Bold</b> & wrong." in page.main.text
    assert "Correction, investigating" in page.main.text
    assert page.main.find("b") is None


UP, UNKNOWN = "Everything that is measured here is up.", "Search is not measured."


@pytest.mark.parametrize(
    ("state", "ago", "summary", "detail"),
    [
        (ProbeState.UP, 0, UP, "Up measured at"),
        (ProbeState.UP, 64, UP, "Up measured at"),
        (ProbeState.UP, 66, UNKNOWN, "Unknown not measured since"),
        (ProbeState.DOWN, 66, UNKNOWN, "Unknown not measured since"),
        (ProbeState.UP, -60, UNKNOWN, "Unknown not measured 90 days"),
        (ProbeState.UNKNOWN, 0, UNKNOWN, "without a result"),
        (ProbeState.DOWN, 0, "Search is down.", "Down measured at"),
    ],
)
def test_a_state_counts_while_its_measurement_is_recent(visitor, state, ago, summary, detail):
    """Two intervals of 30 s and the time-out of 5 s."""
    make_probe("Search", state=state, measured_at=now() - timedelta(seconds=ago))
    make_probe(None, state=ProbeState.DOWN)
    said = visitor.said()
    assert summary in said
    assert detail in said
    assert ("is up" in said) is (summary == UP)


def test_a_probe_that_is_off_is_unknown(visitor):
    make_probe("Search", is_on=False)
    assert "Search is not measured." in visitor.said()


def test_the_days_are_drawn_and_said_in_words(visitor):
    at = now()
    probe = make_probe("Search")
    make_span(probe, ProbeState.UP, at - timedelta(days=9), at - timedelta(days=2, hours=5))
    make_span(probe, ProbeState.DOWN, at - timedelta(days=2, hours=5), at - timedelta(days=2))
    page = visitor.status()
    kinds = [str(each["class"][0]) for each in page.select(".status-days path")]
    assert kinds == ["up", "down", "unknown"]
    twin = page.select_one("details table").text
    assert "not measured" in twin
    assert "down" in twin
    assert "% of the known time;" in page.main.text
    assert "97 % of the known time" in page.main.text


def test_neither_script_nor_cookie_nor_session(visitor, app):
    row = make_incident("outage")
    make_update(row, "Words.")
    for path in ("/status", "/status/incidents/outage", "/status/incidents/none"):
        answer = visitor.get(path, headers={"Cookie": "portal_site=forged; portal_staff=forged"})
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "<script" not in answer.text
        assert "style=" not in answer.text


def test_what_is_for_others_is_missing_in_the_words_of_what_never_was(visitor):
    make_update(make_incident("secret", audience=Audience.CLIENTS), "Words.")
    make_update(make_incident("draft", published_at=None), "Words.")
    make_update(make_incident("gone", discarded_at=now()), "Words.")
    make_incident("silent")
    expected = visitor.get("/status/incidents/never").text
    for slug in ("secret", "draft", "gone", "silent"):
        assert visitor.get(f"/status/incidents/{slug}").status_code == 404
        assert visitor.get(f"/status/incidents/{slug}").text == expected
