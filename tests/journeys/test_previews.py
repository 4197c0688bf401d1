"""Slow previews at the real servers: nobody else waits, and each author gets theirs in the end."""

import signal
import socket

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack
from tests.support.previewing import SLOW, Author

pytestmark = pytest.mark.timeout(300)

PASTE = """(field, text) => {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def author_at(stack: Stack) -> Author:
    login = stack.logins["ops"]
    return Author(stack.development).log_in(login["email"], login["password"])


def test_another_process_of_the_site_answers_for_a_preview_too(stack: Stack) -> None:
    author = author_at(stack)
    asked = author.preview(f"{SLOW}\nFor another process.\n")
    assert asked.status == 202
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stack.start("second", PORTAL_ENV="development", PORT=str(port))
    try:
        author.site = f"http://localhost:{port}"
        stack.wait_for(f"{author.site}/healthz")
        assert "This text is shown as it was written" in author.wait_for(asked).text
    finally:
        second = stack.processes.pop("second")
        second.send_signal(signal.SIGTERM)
        second.wait(20)


def write(room: ControlRoom, page: Page, text: str) -> None:
    """A text of its own: what was looked at once is known, and not waited for.

    It is there at once, as when it is pasted: typed in, the browser lays out each of its lines.
    """
    room.log_in("ops")
    room.open("/ops/incidents/new?start=&view=source", "Write a report")
    page.get_by_label("Text", exact=True).evaluate(PASTE, text)


def test_with_scripts_the_preview_comes_by_itself(stack: Stack, page: Page) -> None:
    write(ControlRoom(page, stack), page, f"{SLOW}\nWith scripts.\n")
    preview = page.get_by_role("region", name="The text as it will look")
    expect(preview).to_contain_text("The preview is being made")
    expect(preview).to_contain_text("takes longer than 2 seconds", timeout=60_000)
    page.get_by_label("Text", exact=True).fill("# Quick\n\nThese words.\n")
    expect(preview).to_contain_text("These words", timeout=60_000)


def test_without_scripts_the_page_looks_again_by_itself(stack: Stack, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    room = ControlRoom(page, stack)
    text = f"{SLOW}\nWithout scripts.\n"
    write(room, page, text)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".editor-preview-text")).to_contain_text(
        "takes longer than 2 seconds", timeout=60_000
    )
    expect(page.get_by_role("heading", name="Write a report")).to_be_visible()
    assert page.get_by_label("Text", exact=True).input_value() == text
    context.close()
