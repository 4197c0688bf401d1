"""The navigation of the control room: one row at a desk; on a phone one button, with the current
place named beside it, that needs no script."""

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from portal.accounts.models import Account
from tests.journeys.test_every_page import SITE, answer_from
from tests.support.every_page import as_shown

ADDRESS = "/ops/operations"


def opened(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(SITE + ADDRESS)


def test_the_menu_opens_without_a_script_and_closes_with_escape(
    app: Flask, client: FlaskClient, ana: Account, browser: Browser
) -> None:
    shown = as_shown(app, client, ana, ADDRESS)
    for has_scripts in (False, True):
        context = browser.new_context(java_script_enabled=has_scripts)
        answer_from(context, [shown], files=client.get)
        page = context.new_page()
        opened(page, 390)
        places, button = page.locator(".places-list"), page.locator(".places-menu > summary")
        expect(places).to_be_hidden()
        expect(page.locator(".places-here")).to_have_text("Databases · Operations")
        button.click()
        expect(places.get_by_role("link", name="Backups")).to_be_visible()
        assert button.bounding_box()["height"] >= 44
        if has_scripts:
            page.keyboard.press("Escape")
            expect(places).to_be_hidden()
            expect(button).to_be_focused()
        opened(page, 1280)
        expect(button).to_be_hidden()
        rows = {link.bounding_box()["y"] for link in page.locator(".places-list > li > a").all()}
        assert len(rows) == 1
        expect(page.get_by_role("navigation", name="Pages of Databases")).to_be_visible()
        context.close()
