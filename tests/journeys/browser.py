"""A real Chromium: Debian's, or whichever PORTAL_BROWSER names.

Its headless shell is the same engine without the window: it takes a quarter less processor time.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    return os.environ.get("PORTAL_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


def need_browser() -> str:
    """The browser's path; without one the test is skipped, or fails under CI=true."""
    if found := executable():
        return found
    sentence = (
        "Browser tests need Chromium: apt-get install chromium-headless-shell (or chromium), "
        "or set PORTAL_BROWSER."
    )
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


@contextmanager
def chromium() -> Iterator[Browser]:
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_browser(), args=flags)
        yield browser
        browser.close()
