"""GET /status/maintenance.ics"""

from datetime import timedelta

import pytest
from icalendar import Calendar

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.policies.windows import schedule_window, withdraw_window
from tests.databases.stage import ANA, OMAR
from tests.support.cast import log_in, make_account
from tests.support.pages import words

DAY = timedelta(days=1)


@pytest.fixture
def announce(room):
    def announce(summary="The new search", *, target=room.production, starts=DAY):
        starts_at = (now() + starts).replace(microsecond=0)
        ends_at = starts_at + timedelta(hours=1)
        window = schedule_window(
            target, summary=summary, starts_at=starts_at, ends_at=ends_at, by=OMAR
        )
        db.session.commit()
        return window

    return announce


def events(client):
    answer = client.get("/status/maintenance.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.data).walk("VEVENT"))


def test_each_window_of_production_is_an_event_in_utc(client, room, announce):
    window = announce()
    announce("Only here", target=room.development)
    [event] = events(client)
    assert event["SUMMARY"] == "Maintenance: The new search"
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (window.starts_at, window.ends_at)
    assert (event["UID"], event["STATUS"]) == (f"window-{window.id}@localhost", "CONFIRMED")


def test_no_person_is_named(client, announce):
    announce()
    assert b"omar" not in client.get("/status/maintenance.ics").data.lower()


def test_a_withdrawn_window_is_cancelled_in_the_calendars_that_have_it(client, announce):
    window = announce()
    [before] = events(client)
    withdraw_window(window, by=ANA)
    db.session.commit()
    [after] = events(client)
    assert (after["UID"], after["STATUS"]) == (before["UID"], "CANCELLED")
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_what_is_long_over_is_left_out(client, announce):
    window = announce()
    window.starts_at, window.ends_at = now() - 92 * DAY, now() - 91 * DAY
    db.session.commit()
    assert events(client) == []


@pytest.mark.parametrize(
    "summary", ["a, b; c\\n d", "x\r\nEND:VEVENT\r\nEVIL:1", "ü" * 150, "“\u2028”"]
)
def test_words_stay_words(client, announce, summary):
    announce(summary)
    feed = client.get("/status/maintenance.ics").data
    assert b"\nEVIL" not in feed
    assert all(len(line) <= 75 for line in feed.split(b"\r\n"))
    [event] = events(client)
    assert event["SUMMARY"] == f"Maintenance: {summary}".replace("\r\n", "\n")


def test_without_windows_it_is_an_empty_calendar_that_may_be_kept_for_a_while(client, room):
    assert events(client) == []
    answer = client.get("/status/maintenance.ics")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert not answer.headers.getlist("Set-Cookie")


def test_the_page_of_windows_says_where_it_is(client, room):
    log_in(client, make_account("omar"))
    assert "/status/maintenance.ics" in words(client.page("/ops/windows"))
