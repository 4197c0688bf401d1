"""Every page in a real browser, phone and desk, light and dark: readable by everybody, quiet."""

from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.journeys.pages import ControlRoom
from tests.journeys.screenshots import PUBLIC, STAFF
from tests.journeys.soundness import AXE, faults_in_other_looks, faults_on
from tests.journeys.stack import Stack

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def logged_in(browser: Browser, stack: Stack) -> Any:
    context = browser.new_context()
    ControlRoom(context.new_page(), stack).log_in("admin")
    state = context.storage_state()
    context.close()
    return state


def test_every_page_is_sound(browser: Browser, stack: Stack, logged_in: Any) -> None:
    context = browser.new_context(storage_state=logged_in, reduced_motion="reduce")
    context.add_init_script(path=AXE)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: _note(said, message))
    addresses = [stack.development + path for path in (PUBLIC | STAFF).values()]
    faults = {
        address: found
        for address in [*addresses, stack.production, a_studio(page, stack)]
        if (found := faults_of(page, address))
    }
    context.close()
    assert faults == {}
    assert said == []


def a_studio(page: Page, stack: Stack) -> str:
    page.goto(f"{stack.development}/studios")
    return stack.development + str(page.locator("main article a").first.get_attribute("href"))


def faults_of(page: Page, address: str) -> list[str]:
    """On a phone in the dark, and at a desk in the light."""
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    found = faults_on(page, 390)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 844})
    return found + faults_in_other_looks(page, 1280)


def _note(said: list[str], message: ConsoleMessage) -> None:
    """A page that answers 404 or 503 on purpose is told to the console by the browser itself."""
    if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
        said.append(message.text)
