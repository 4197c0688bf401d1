"""Every page in a real browser, phones and desk, light and dark: readable by everybody, quiet.

The browser gets the pages of all routes from the application of this process, over one of
everything; axe looks at each template, in both themes, and the width at each page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    ViewportSize,
)

from portal.core.configuration.settings import Settings
from tests.journeys.soundness import faults_in_other_looks, faults_on, is_too_wide
from tests.journeys.stack import Stack
from tests.support.cast import make_account
from tests.support.every_page import (
    Shown,
    as_client,
    every_page,
    one_of_everything,
    visited,
    with_shipped_files,
)

pytestmark = pytest.mark.timeout(600)
SITE = "http://localhost"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return with_shipped_files(settings, tmp_path)


def test_every_page_is_sound(app: Flask, client: FlaskClient, browser: Browser) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    ana = one_of_everything()
    shown = [
        *visited(app, client),
        *every_page(app, client, ana),
        *as_client(app, client, make_account("cleo")),
    ]
    said: list[str] = []
    faults, looked_at = {}, set()
    context = browser.new_context(reduced_motion="reduce")
    answer_from(context, shown, files=client.get)
    page = context.new_page()
    page.on("console", lambda message: _note(said, message))
    for each in shown:
        looks_like = (each.template, "voice-client" in each.text)
        is_new = each.template is None or looks_like not in looked_at
        looked_at.add(looks_like)
        if "<main" not in each.text or (each.status != HTTPStatus.OK and not is_new):
            continue  # a message, to be framed, whose sandbox runs no script; one more error page
        if found := faults_of(page, SITE + each.address, with_axe=is_new):
            faults[each.address] = found
    context.close()
    assert "\n".join(f"{key}: {each}" for key, found in faults.items() for each in found) == ""
    assert said == []


def test_the_page_of_a_site_that_is_down_is_sound(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    assert faults_of(page, stack.production, with_axe=True) == []
    page.get_by_role("link", name="status page").click()
    page.wait_for_url("**/status")
    context.close()


def answer_from(
    context: BrowserContext, shown: list[Shown], *, files: Callable[[str], object]
) -> None:
    """The browser gets these pages and the files that they load; the rest is empty."""
    pages = {each.address: each for each in shown}
    loaded: dict[str, tuple[bytes, dict[str, str]]] = {}

    def answer(route: Route) -> None:
        parts = urlsplit(route.request.url)
        key = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if found := pages.get(key):
            route.fulfill(status=200, body=found.text, headers=found.headers)
        elif parts.path.startswith("/assets/"):
            if key not in loaded:
                response = files(key)
                loaded[key] = response.data, dict(response.headers)
            body, headers = loaded[key]
            route.fulfill(status=200, body=body, headers=headers)
        else:
            route.fulfill(status=204)

    context.route("**/*", answer)


@dataclass(frozen=True)
class Look:
    width: int
    height: int
    scheme: Literal["dark", "light"]

    def show(self, page: Page) -> None:
        size = ViewportSize(width=self.width, height=self.height)
        if page.viewport_size != size:
            page.emulate_media(color_scheme=self.scheme)
            page.set_viewport_size(size)


LOOKS = (Look(320, 640, "dark"), Look(390, 844, "dark"), Look(1280, 844, "light"))


def faults_of(page: Page, address: str, *, with_axe: bool) -> list[str]:
    """On the smallest phone, on a phone in the dark, and at a desk in the light.

    Every other page the other way round: it begins in the look that the one before it ended in.
    """
    is_small = page.viewport_size and page.viewport_size["width"] == LOOKS[0].width
    looks = LOOKS if is_small else LOOKS[::-1]
    looks[0].show(page)
    page.goto(address, wait_until="domcontentloaded")
    found, look_at = [], faults_on
    for look in looks:
        look.show(page)
        if with_axe and look is not LOOKS[0]:
            found += look_at(page, look.width)
            look_at = faults_in_other_looks
        else:
            found += is_too_wide(page, look.width)
    return found


def _note(said: list[str], message: ConsoleMessage) -> None:
    """A page that answers 404 or 503 on purpose is told to the console by the browser itself."""
    if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
        said.append(message.text)
