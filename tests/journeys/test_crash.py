"""The browser dies while somebody writes; what they wrote is there in another one."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.journeys.browser import FLAGS, need_browser
from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d\.$")


ATTEMPTS, CONNECT_MS = 3, 20_000


@contextmanager
def doomed(browser: Browser, folder: Path) -> Iterator[tuple[Page, subprocess.Popen[bytes]]]:
    """A browser of its own, to be killed as a process is.

    On a busy machine one that has just started may never answer its first connection; another
    one is started then.
    """
    for attempt in range(ATTEMPTS):
        process = started(folder / str(attempt))
        try:
            other = connected(browser, folder / str(attempt))
            break
        except PlaywrightTimeout:
            kill(process)
            if attempt == ATTEMPTS - 1:
                raise
    try:
        yield other.contexts[0].new_page(), process
    finally:
        kill(process)


def started(folder: Path) -> subprocess.Popen[bytes]:
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    folder.mkdir(parents=True)
    return subprocess.Popen(
        [need_browser(), "--headless", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
        + flags,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def connected(browser: Browser, folder: Path) -> Browser:
    port = folder / "DevToolsActivePort"
    wait_until(lambda: port.exists() and "\n" in port.read_text())
    address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}"
    return browser.browser_type.connect_over_cdp(address, timeout=CONNECT_MS)


def kill(process: subprocess.Popen[bytes]) -> None:
    """All its processes at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def state(page: Page):
    return page.locator("[data-keep-say]")


def test_what_was_typed_survives_a_browser_that_is_killed(
    browser: Browser, stack: Stack, page: Page, tmp_path: Path
) -> None:
    with doomed(browser, tmp_path / "profile") as (dying, process):
        writer = ControlRoom(dying, stack)
        writer.log_in("ops")
        writer.open("/ops/incidents/new?start=", "Write a report")
        text = dying.get_by_label("Text", exact=True)
        text.fill("# The browser was killed\n\nBut not")
        expect(state(dying)).to_have_text(SAVED)
        text.press_sequentially(" these words.")
        wait_until(lambda: text.evaluate("each => each.value === each.defaultValue"))
        stores = dying.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert "killed" not in stores
        assert dying.evaluate("indexedDB.databases()") == []
        kill(process)
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/incidents/new", "Write a report")
    page.get_by_role("link", name="The browser was killed").click()
    there = page.get_by_label("Text", exact=True)
    expect(there).to_have_value("# The browser was killed\n\nBut not these words.\n")


def test_a_server_that_does_not_answer_is_said_and_tried_again(stack: Stack, page: Page) -> None:
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/incidents/new?start=", "Write a report")
    page.route("**/drafts/words", lambda route: route.abort())
    text = page.get_by_label("Text", exact=True)
    text.fill("# Words for a silent server")
    expect(state(page)).to_contain_text("the server does not answer; your words are still here")
    expect(page.get_by_role("status").filter(has_text="does not answer")).to_have_count(1)
    page.unroute("**/drafts/words")
    expect(state(page)).to_have_text(SAVED, timeout=60_000)


def test_a_login_that_ended_loses_no_word(stack: Stack, page: Page) -> None:
    """It ends under the page; the login is made in another tab; then what was pressed goes on."""
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/incidents/new?start=", "Write a report")
    page.context.clear_cookies()
    page.get_by_label("Text", exact=True).fill("# The login ended\n\n2026-01-01\n")
    page.evaluate(
        "htmx.ajax('GET', '/ops/incidents', {target: '.editor-preview-text'})"
    )  # as a poll asks
    page.get_by_role("button", name="Save draft").click()
    expect(state(page)).to_contain_text("Log in again in another tab")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in", exact=True).click()
    ControlRoom(opened.value, stack).log_in("ops")
    opened.value.close()
    page.bring_to_front()
    expect(state(page)).to_have_text(SAVED, timeout=60_000)
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/ops/incidents/the-login-ended/edit")


def test_a_second_tab_sees_a_notice_and_keeps_its_words(stack: Stack, page: Page) -> None:
    room = ControlRoom(page, stack)
    room.log_in("ops")
    page.goto(f"{stack.development}/ops/incidents")
    page.locator("main a[href^='/ops/incidents/2']").first.click()
    address = f"{page.url.partition('?')[0]}/edit"
    page.goto(address)
    other = page.context.new_page()
    other.goto(address)
    page.get_by_label("Text", exact=True).fill("# From the first")
    expect(state(page)).to_have_text(SAVED)
    other.get_by_label("Text", exact=True).fill("# From the second")
    expect(state(other)).to_contain_text("kept as a draft of their own")
    for tab, words in ((page, "# From the first, more"), (other, "# From the second, more")):
        tab.bring_to_front()
        tab.get_by_label("Text", exact=True).fill(words)
        tab.evaluate("dispatchEvent(new Event('pagehide'))")
    page.goto(address)
    expect(page.get_by_label("Text", exact=True)).to_have_value("# From the first, more\n")
    page.get_by_role("button", name="Discard the draft").click()
    page.get_by_role("link", name=re.compile("words from another page")).click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("# From the second, more\n")
    page.get_by_role("button", name="Discard the draft").click()
