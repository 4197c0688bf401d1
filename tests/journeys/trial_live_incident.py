"""From the draft of an outage to the first message to three clients in a real browser, and held."""

import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import ControlRoom
from tests.journeys.soundness import faults_on
from tests.journeys.stack import Stack
from tests.journeys.test_telling import count_clicks

pytestmark = pytest.mark.timeout(300)

MOST_CLICKS = 8
SLUG = "2026-01-01-5ad0c3"
ROW = {
    "slug": SLUG,
    "title": "The site is down",
    "severity": "critical",
    "phase": "investigating",
    "audience": "internal",
    "clients": "[]",
    "affected": '["Website"]',
    "opened_by": "monitoring",
    "version": 1,
}
TEXT = "The directory does not open since 14:05. We are looking into it."


def test_three_clients_are_informed_in_at_most_eight_clicks(stack: Stack, page: Page) -> None:
    add_draft(stack)
    room, clicks = ControlRoom(page, stack), count_clicks(page)
    room.open(f"/ops/incidents/live/{SLUG}", re.compile("."))
    room.fill_login("ops")
    room.expect_heading("The site is down")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_label("Update", exact=True).fill(TEXT)
    page.get_by_label("Clients", exact=True).check()
    expect(page.locator("#live-preview")).to_contain_text("To 3 people")
    look(page, "draft")
    page.get_by_role("button", name="Publish and send to 3 people").click()
    expect(page.locator("[data-until]")).to_contain_text("in ")
    assert len(clicks) <= MOST_CLICKS, clicks
    assert states_in(stack) == ["waiting"] * 3
    assert page.evaluate("document.activeElement.id") == "said"
    look(page, "leaving")
    page.get_by_role("button", name="Hold update 1").press("Enter")
    expect(page.get_by_text("Held by")).to_be_visible()
    assert states_in(stack) == ["withdrawn"] * 3
    assert page.get_by_label("Update", exact=True).input_value() == TEXT
    look(page, "held")
    page.locator("main").get_by_role("link", name="Incidents", exact=True).click()
    look(page, "list")


def look(page: Page, name: str) -> None:
    """Usable at both widths; LIVE_PICTURES names a folder for pictures."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert faults_on(page, width) == []
        if folder := os.environ.get("LIVE_PICTURES"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def add_draft(stack: Stack) -> None:
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    row = {**ROW, "started_at": at, "detected_at": at, "opened_at": at}
    names, places = ", ".join(row), ", ".join("?" * len(row))
    with closing(sqlite3.connect(stack.data / "ops.sqlite3")) as connection, connection:
        connection.execute(
            f"INSERT INTO live_incidents ({names}) VALUES ({places})", [*row.values()]
        )


def states_in(stack: Stack) -> list[str]:
    query = (
        "SELECT state FROM messages JOIN mailings ON mailings.id = mailing_id WHERE incident = ?"
    )
    with closing(sqlite3.connect(stack.data / "ops.sqlite3")) as connection:
        return [row[0] for row in connection.execute(query, [SLUG])]
