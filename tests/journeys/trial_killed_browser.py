"""The browser dies while somebody writes; what they wrote is there in another one."""

import os
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
from tests.journeys.test_crash import SAVED, state
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

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
