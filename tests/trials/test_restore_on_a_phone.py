"""A lost production is restored from home on a phone, and each tap counted: `make trials`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import chromium
from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack

TAPS = 6
"""At most, and the phrase."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "instance", studios=60, forked=True) as stack:
        yield stack


@pytest.fixture
def page() -> Iterator[Page]:
    phone = {"width": 390, "height": 844}
    with chromium() as browser:
        context = browser.new_context(viewport=phone, has_touch=True, is_mobile=True)
        yield context.new_page()


def test_it_takes_few_taps_and_the_phrase(stack: Stack, page: Page) -> None:
    taps: list[str] = []

    def tap(what: Locator) -> None:
        taps.append(what.inner_text() or str(what.get_attribute("name")))
        what.tap()
        page.wait_for_load_state()

    assert stack.flask("databases", "backup", "production").code == 0
    for file in stack.data.glob("production.sqlite3*"):
        file.unlink()
    room = ControlRoom(page, stack)
    room.log_in("admin")
    room.open("/ops", re.compile("."))

    tap(page.locator("main a.button[href*='/ops/databases'], main a[href*='/restore']").first)
    expect(page.locator(".state a.button, form.restore-form").first).to_be_visible()
    if page.locator(".state a.button").count():
        tap(page.locator(".state a.button"))
    tap(page.locator("form.restore-form [name=text]"))
    page.keyboard.type("RESTORE PRODUCTION")
    if page.locator("form.restore-form [name=password]").count():
        tap(page.locator("form.restore-form [name=password]"))
        page.keyboard.type(stack.logins["admin"]["password"])
    tap(page.locator("form.restore-form .button-danger"))

    expect(page.locator(".operation-outcome")).to_contain_text("holds what backup", timeout=60_000)
    page.reload()
    expect(page.locator(".band-production").first).to_be_visible()
    assert len(taps) <= TAPS, taps
