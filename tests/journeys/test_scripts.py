"""The scripts in a real browser: each adds a comfort, and no page needs it."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.web.conftest import add_sample_pages


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    add_sample_pages(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/samples"
    server.shutdown()
    thread.join()
    server.server_close()


def visit(context: BrowserContext, address: str) -> tuple[Page, list[str]]:
    """The page and whatever its console complains of, the policy's refusals included."""
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


def test_a_page_breaks_nothing_of_its_own_policy(browser: Browser, address: str):
    context = browser.new_context()
    _, complaints = visit(context, address)
    context.close()
    assert complaints == []


def test_enter_never_presses_a_dangerous_button(browser: Browser, address: str):
    context = browser.new_context()
    page, _ = visit(context, address)
    page.locator("[name=phrase]").fill("MIGRATE PRODUCTION")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert "POST" not in sent
    context.close()


def test_the_theme_is_switched_and_kept(browser: Browser, address: str):
    context = browser.new_context(color_scheme="light")
    page, _ = visit(context, address)
    ground = "getComputedStyle(document.body.parentElement).backgroundColor"
    light = page.evaluate(ground)
    page.locator("[data-theme-toggle]").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
    context.close()


def test_text_is_copied(browser: Browser, address: str):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page, _ = visit(context, address)
    page.locator("[data-copy]").first.click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "SELECT 1;\nSELECT 2;"
    context.close()


def test_times_read_on_the_readers_clock_from_the_second_page_on(browser: Browser, address: str):
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page, _ = visit(context, address)
    assert "UTC (12 minutes ago)" in page.locator("time").first.inner_text()
    page.reload()
    assert "UTC" not in page.locator("time").first.inner_text()
    context.close()


def test_without_scripts_every_button_works_and_none_is_dead(browser: Browser, address: str):
    context = browser.new_context(java_script_enabled=False)
    page, _ = visit(context, address)
    assert page.locator(".button-danger").last.is_enabled()
    assert not page.locator("[data-copy]").first.is_visible()
    assert not page.locator("[data-theme-toggle]").is_visible()
    context.close()


def test_no_page_is_wider_than_the_screen(browser: Browser, address: str):
    context = browser.new_context()
    for layout in ("control.html", "public.html", "client.html"):
        page, _ = visit(context, f"{address}?layout={layout}")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, layout
    context.close()
