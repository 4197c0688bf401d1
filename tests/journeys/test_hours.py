"""A studio's hours in a browser: today comes first, and open is said by the clock of the studio."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from portal.directory.pages.hours import hours_in

SCRIPT = "js/hours.js"
WORKDAYS = "|".join(f"{day} 540 780|{day} 840 1080" for day in range(5))
NIGHTS = "4 1200 1440|5 0 120|6 1320 1440|0 0 60"
ALWAYS = "|".join(f"{day} 0 1440" for day in range(7))
LONDON = "Europe/London"
MONDAY = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In the week of Monday 30 November 2026, UTC, which is London's time then."""
    return MONDAY.replace(day=day, month=11 if day == 30 else 12, hour=hour, minute=minute)


#: Spans, zone, the moment, what is said, and the name of the second day that is listed.
CASES = [
    (WORKDAYS, LONDON, at(30, 10, 30), "Open now, until 13:00.", "Tuesday"),
    (WORKDAYS, LONDON, at(30, 13), "Closed now, opens at 14:00.", "Tuesday"),
    (WORKDAYS, LONDON, at(30, 18), "Closed now, opens tomorrow at 09:00.", "Tuesday"),
    (WORKDAYS, LONDON, at(5, 12), "Closed now, opens Monday at 09:00.", "Sunday"),
    (
        WORKDAYS,
        "Asia/Tokyo",
        at(30, 23),
        "Closed now, opens at 09:00. It is 08:00 there.",
        "Wednesday",
    ),
    (NIGHTS, LONDON, at(4, 23), "Open now, until tomorrow at 02:00.", "Saturday"),
    (NIGHTS, LONDON, at(5, 1, 59), "Open now, until 02:00.", "Sunday"),
    (NIGHTS, LONDON, at(6, 23), "Open now, until tomorrow at 01:00.", "Monday"),
    (NIGHTS, LONDON, at(30, 0, 30), "Open now, until 01:00.", "Tuesday"),
    (NIGHTS, LONDON, at(30, 1), "Closed now, opens Friday at 20:00.", "Tuesday"),
    ("1 600 1440", LONDON, at(1, 12), "Open now, until midnight.", "Wednesday"),
    (ALWAYS, LONDON, at(2, 3), "Open now, at all hours.", "Thursday"),
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(timezone_id=LONDON)
    yield context.new_page()
    context.close()


def card(app: Flask, spans: str, zone: str | None) -> str:
    hours = hours_in(spans, "|", zone, None)
    with app.test_request_context("/studios/x"):
        macros = app.jinja_env.get_template("directory/_glance.html").module
        return str(macros.hours_card(hours))  # type: ignore[attr-defined]


def shown(page: Page, card: str, moment: datetime) -> list[str]:
    page.clock.set_fixed_time(moment)
    page.set_content(card)
    page.add_script_tag(content=script())
    return page.locator("dl.hours dt").all_inner_texts()


def script() -> str:
    folder = Path(__file__).parents[2] / "portal" / "web" / "static"
    return (folder / SCRIPT).read_text(encoding="utf-8")


def test_open_is_said_by_the_clock_of_the_studio(app: Flask, page: Page):
    for spans, zone, moment, said, second in CASES:
        days = shown(page, card(app, spans, zone), moment)
        assert page.locator("[data-hours-now]").inner_text() == said
        assert days[:2] == ["Today", second]
        assert len(set(days)) == 7
        assert page.locator("[aria-current=date] dt").all_inner_texts() == ["Today"]


def test_without_a_zone_the_week_stays_as_it_is(app: Flask, page: Page):
    days = shown(page, card(app, WORKDAYS, None), at(2, 12))
    assert days[0] == "Monday"
    assert not page.locator("[data-hours-now]").is_visible()
