"""Who sees which places, which one is current, and the band that says where one is."""

from typing import cast

import pytest
from flask import Flask

from portal.app import create_app
from portal.core.configuration.settings import load_settings
from portal.web.context import CONTROL_PLACES, MenuEntry
from tests.support.cast import log_in, make_account
from tests.support.pages import PageClient, words

EVERY_PLACE = [
    "Home",
    "Incidents",
    "Runbooks",
    "Migrations",
    "Databases",
    "Backups",
    "Emails",
    "Audit",
    "Accounts",
]


def places(client: PageClient, address: str, status: int = 200) -> dict[str, bool]:
    links = client.page(address, status=status).select("nav[aria-label='Control room'] a")
    return {words(link): link.get("aria-current") == "page" for link in links}


@pytest.mark.parametrize(("name", "seen"), [("ana", EVERY_PLACE), ("omar", EVERY_PLACE[:-1])])
def test_accounts_are_a_place_for_administrators_alone(
    client: PageClient, name: str, seen: list[str]
):
    log_in(client, make_account(name))
    assert list(places(client, "/ops/nothing-here", status=404)) == seen


def test_nobody_sees_a_place_before_the_login(client: PageClient):
    assert places(client, "/ops/login") == {}


def test_the_account_menu_says_who_and_logs_out_by_a_form(client: PageClient):
    log_in(client, make_account("omar"))
    menu = client.page("/ops/nothing-here", status=404).select_one("details.menu")
    assert "Logged in as omar@example.com (ops)" in words(menu)
    form = menu.form
    assert form["method"] == "post"
    assert form.select_one("input[name=csrf_token]")["value"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/ops", "Home"),
        ("/ops/", "Home"),
        ("/ops/incidents/outage", "Incidents"),
        ("/ops/runbooks", "Runbooks"),
        ("/ops/runbooks/migrate-production", "Runbooks"),
        ("/ops/backupsets", None),
        ("/ops/audit/", "Audit"),
    ],
)
def test_the_page_one_is_on_is_marked(app: Flask, path: str, current: str | None):
    with app.test_request_context(path):
        marked = [place.label for place in CONTROL_PLACES if place.is_current]
    assert marked == ([current] if current else [])


def test_the_start_page_is_current_on_itself_alone(app: Flask):
    with app.test_request_context("/studios"):
        assert not MenuEntry("Start", "/").is_current
        assert MenuEntry("Studios", "/studios").is_current


def test_a_development_site_says_so_on_public_pages(client: PageClient):
    band = client.page("/nothing-here", status=404).select_one(".band")
    assert words(band) == "DEVELOPMENT · not the public site"


def test_the_real_site_shows_the_public_no_band(tmp_path):
    given = {"PORTAL_DATA": str(tmp_path), "PORTAL_ENV": "production", "SITE_NAME": "Voices"}
    app = create_app(load_settings(given))
    app.testing = True
    app.test_client_class = PageClient
    page = cast(PageClient, app.test_client()).page("/nothing-here", status=404)
    assert page.select_one(".band") is None
    assert words(page.title) == "Nothing here · Voices"
    assert words(page.select_one(".brand")) == "Voices"


def test_the_control_room_always_says_where_it_is(client: PageClient):
    band = client.page("/ops/login").select_one(".band")
    assert words(band) == "DEVELOPMENT · this control room"


def test_the_keyboard_reaches_the_content_first(client: PageClient):
    page = client.page("/nothing-here", status=404)
    first = page.body.find("a")
    assert words(first) == "Skip to the content"
    assert page.find(id=first["href"][1:]).name == "main"
