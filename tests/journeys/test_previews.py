"""Slow previews at the real servers: nobody else waits, and each author gets theirs in the end."""

import signal
import socket
import time
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack
from tests.support.previewing import SLOW, Author

pytestmark = pytest.mark.timeout(300)

#: Seconds that a public page may take here, and how many times what it takes without the previews.
#: What it takes on a quiet machine is measured by bench/bench_previews.py.
GENEROUS, TIMES = 4.0, 5
PASTE = """(field, text) => {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def author_at(stack: Stack) -> Author:
    login = stack.logins["ops"]
    return Author(stack.development).log_in(login["email"], login["password"])


def test_nine_slow_previews_hold_up_no_public_page(stack: Stack) -> None:
    author = author_at(stack)
    usual = max(public_page(stack) for _ in range(3))
    with ThreadPoolExecutor(9) as threads:
        asked = [threads.submit(author.preview, f"{SLOW}\n{n}", page=f"{n:016}") for n in range(9)]
        taken = [public_page(stack) for _ in range(20)]
        answers = [each.result() for each in asked]
    take_back(author, range(1, 9))
    assert max(taken) < max(GENEROUS, TIMES * usual), taken
    assert {answer.status for answer in answers} == {202}
    made = author.wait_for(answers[0])
    assert made.status == 200
    assert "This text is shown as it was written" in made.text


def take_back(author: Author, pages: Iterable[int]) -> None:
    """What still waits: of one page only the newest text does, and that is quick to make."""
    for number in pages:
        author.preview("# Quick\n", page=f"{number:016}")


def public_page(stack: Stack) -> float:
    began = time.monotonic()
    with urllib.request.urlopen(f"{stack.development}/studios", timeout=60) as answer:
        answer.read()
    time.sleep(0.1)
    return time.monotonic() - began


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
