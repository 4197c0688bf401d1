"""The night of an outage in a real browser: from the notice to the report and its PDF.

Production does not fit the code, as on the demo's first day, and its site answers 503. Everything
happens as it does for people: the worker's own probes, real messages, real waiting.
"""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import strict
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browser import chromium
from tests.journeys.pages import ControlRoom
from tests.journeys.soundness import faults_on
from tests.journeys.stack import Stack
from tests.journeys.test_telling import count_clicks, text_of

pytestmark = pytest.mark.timeout(600)

MOST_CLICKS, MOST_SECONDS = 8, 120
CLIENTS = 3
FIRST = "The directory does not open since this afternoon. We are looking into it."
UPDATES = {
    "identified": "The database does not fit the new code. We bring them together.",
    "monitoring": "The directory opens again. We watch it for an hour.",
    "resolved": "The directory works. What happened is written down in a report.",
}


class Night(Stack):
    """An update can be held for three seconds, so that the trial does not wait for minutes."""

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(UPDATE_DELAY="3", **more)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Night]:
    with Night(tmp_path / "instance", studios=60, forked=True) as stack:
        yield stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_notice_to_the_pdf(stack: Night, browser: Browser, width: int) -> None:
    page = browser.new_context(viewport={"width": width, "height": 844}).new_page()
    room, clicks = ControlRoom(page, stack), count_clicks(page)
    address = link_of_notice(stack)
    page.goto(address)
    began = time.monotonic()
    room.fill_login("ops")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("You have acknowledged it")).to_be_visible()
    page.get_by_role("link", name="Open the draft").click()
    look(page, width)
    page.get_by_label("Update", exact=True).fill(FIRST)
    page.get_by_label("Clients", exact=True).check()
    page.get_by_role("button", name=re.compile("^Publish")).click()
    letters_to_clients(stack, CLIENTS, FIRST)
    assert time.monotonic() - began <= MOST_SECONDS
    assert len(clicks) <= MOST_CLICKS, clicks

    for phase, text in UPDATES.items():
        page.reload()
        page.get_by_label("Phase", exact=True).select_option(phase)
        page.get_by_label("Update", exact=True).fill(text)
        page.get_by_role("button", name=re.compile("^Send (update|to )")).click()
        letters_to_clients(stack, CLIENTS, text)
    page.reload()
    look(page, width)
    page.get_by_role("button", name="Write the report").click()
    source = page.locator("textarea").first.input_value()
    assert all(text in source for text in (FIRST, *UPDATES.values()))
    assert "/// internal" in source
    rows = [line for line in source.splitlines() if line.startswith("|") and "](/ops/" in line]
    assert len(rows) >= 8, source
    look(page, width)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published as version 1")).to_be_visible()
    pdf = page.request.get(f"{page.url.split('?')[0].split('#')[0]}.pdf")
    assert (pdf.status, pdf.body()[:5]) == (200, b"%PDF-"), page.url


def test_by_keyboard_alone(stack: Night, browser: Browser) -> None:
    """No press of the mouse: the same acts by Tab, arrows, space and Enter."""
    page = browser.new_context(viewport={"width": 1280, "height": 844}).new_page()
    room, clicks = ControlRoom(page, stack), count_clicks(page)
    page.goto(link_of_notice(stack))
    login = stack.logins["ops"]
    page.locator("main [name=email]").focus()
    page.keyboard.type(login["email"])
    press_tab_to(page, "main [name=password]")
    page.keyboard.type(login["password"])
    page.keyboard.press("Enter")
    press_tab_to(page, "button:has-text('Acknowledge')")
    page.keyboard.press("Enter")
    press_tab_to(page, "a:has-text('Open the draft')")
    page.keyboard.press("Enter")
    room.expect_heading(re.compile("."))
    press_tab_to(page, "textarea[name=text]")
    page.keyboard.press("Control+a")
    page.keyboard.type(FIRST)
    press_tab_to(page, "input[name=audience]")
    page.keyboard.press("ArrowDown")
    press_tab_to(page, "button:text-is('Publish')")
    page.keyboard.press("Enter")
    letters_to_clients(stack, CLIENTS, FIRST)
    assert clicks == []


def press_tab_to(page: Page, selector: str) -> None:
    """From where the focus is, as somebody without a mouse."""
    page.locator(selector).first.wait_for()
    for _ in range(120):
        if (
            page.evaluate("document.activeElement").__class__
            and page.locator(f"{selector}:focus").count()
        ):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {selector}.")


def look(page: Page, width: int) -> None:
    page.wait_for_load_state()
    assert faults_on(page, width) == []


def letters(stack: Stack) -> list[EmailMessage]:
    files = sorted((stack.data / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=strict) for file in files]


def link_of_notice(stack: Stack) -> str:
    """The address in the first notice to ops that is there."""
    own = stack.logins["ops"]["email"]
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        for letter in letters(stack):
            found = re.search(r"http://\S+/ops/outages/\d+", text_of(letter))
            if found and own in str(letter["To"]):
                return found[0]
        time.sleep(0.5)
    raise AssertionError("No notice came.")


def letters_to_clients(stack: Stack, count: int, text: str) -> None:
    """Exactly one to each; none comes after them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        to = [str(each["To"]) for each in letters(stack) if text in text_of(each)]
        if len(to) >= count:
            break
        time.sleep(0.2)
    assert len(to) == len(set(to)) == count
