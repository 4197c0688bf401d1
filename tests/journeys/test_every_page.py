"""Every page in a real browser, phone and desk, light and dark: readable by everybody, quiet."""

from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.journeys.pages import ControlRoom
from tests.journeys.screenshots import PUBLIC, STAFF
from tests.journeys.soundness import faults_on
from tests.journeys.stack import Stack

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(300)]


@pytest.fixture
def logged_in(browser: Browser, stack: Stack) -> Any:
    context = browser.new_context()
    ControlRoom(context.new_page(), stack).log_in("admin")
    state = context.storage_state()
    context.close()
    return state


# Widths decide what fits, schemes decide contrast, so each of them once is enough.
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_every_page_is_sound(
    browser: Browser, stack: Stack, logged_in: Any, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        storage_state=logged_in,
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: _note(said, message))
    addresses = [stack.development + path for path in (PUBLIC | STAFF).values()]
    faults = {
        address: found
        for address in [*addresses, stack.production, a_studio(page, stack)]
        if (found := faults_of(page, address, width))
    }
    context.close()
    assert faults == {}
    assert said == []


def a_studio(page: Page, stack: Stack) -> str:
    page.goto(f"{stack.development}/studios")
    return stack.development + str(page.locator("main article a").first.get_attribute("href"))


def faults_of(page: Page, address: str, width: int) -> list[str]:
    page.goto(address)
    return faults_on(page, width)


def _note(said: list[str], message: ConsoleMessage) -> None:
    """A page that answers 404 or 503 on purpose is told to the console by the browser itself."""
    if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
        said.append(message.text)
