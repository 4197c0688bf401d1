"""A studio's page in a browser: open is said by its own clock, and a picture is shown whole."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from portal.directory.pages.hours import hours_in
from portal.directory.visibility import Picture

STATIC = Path(__file__).parents[2] / "portal" / "web" / "static" / "js"
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
    page.add_script_tag(path=STATIC / "hours.js")
    return page.locator("dl.hours dt").all_inner_texts()


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


def test_a_picture_is_shown_whole_and_left_by_keyboard(app: Flask, page: Page):
    pictures = tuple(Picture(f"{number:032x}.webp", f"Room {number}") for number in range(3))
    with app.test_request_context("/studios/x"):
        macros = app.jinja_env.get_template("directory/_parts.html").module
        html = str(macros.gallery(pictures))  # type: ignore[attr-defined]
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://profile.test/")
    page.add_script_tag(path=STATIC / "gallery.js")
    page.get_by_role("link", name="Room 1, 2 of 3").click()
    shown = page.locator("dialog[open]")
    expect(shown.locator("figcaption")).to_have_text("Room 1 · 2 of 3")
    assert shown.locator("img").get_attribute("src") == f"http://profile.test/images/{1:032x}.webp"
    for key in ("ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(shown.locator("figcaption")).to_have_text("Room 0 · 1 of 3")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).not_to_be_visible()
    expect(page.get_by_role("link", name="Room 0, 1 of 3")).to_be_focused()
