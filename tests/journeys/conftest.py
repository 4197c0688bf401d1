"""One browser, and one product that most journeys share: starting them takes longest.

Both end with the last journey: a browser's event loop lets no other one start beside it.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browser import chromium
from tests.journeys.stack import Stack

expect.set_options(timeout=30_000)  # the machine may be busy with other tests


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Small demo data; a journey finds what earlier ones left, and names what it looks for."""
    folder = tmp_path_factory.mktemp("journeys")
    with Stack(folder / "instance", studios=60, forked=True) as stack:
        yield stack


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
