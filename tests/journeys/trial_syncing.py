"""A sync in a real browser: one click, live progress, and the page says what stands now."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import ACTION_MS, ControlRoom
from tests.journeys.stack import Stack

pytestmark = pytest.mark.timeout(300)


def test_development_is_synced_and_the_page_keeps_up(stack: Stack, page: Page) -> None:
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/databases#development", "Databases")  # an address from before there were tabs
    room.press(re.compile("^Replace development"))
    half_typed = page.get_by_label("Serve development read-only, because")
    half_typed.fill("The new sear")
    page.get_by_role("link", name="See the report").wait_for(timeout=ACTION_MS)
    expect(half_typed).to_have_value("The new sear")
    page.get_by_role("link", name="See the report").click()
    room.expect_heading("Sync from production")
    expect(page.get_by_role("row", name=re.compile("^users ")).first).to_contain_text("email")
