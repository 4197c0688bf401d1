"""Who sees which places, which one is current, and the band that says where one is."""

from collections import Counter
from typing import cast

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask

from portal.app import create_app
from portal.core.configuration.settings import Settings, load_settings
from portal.web.context import MenuEntry
from portal.web.navigation.places import ALL, where
from tests.support.cast import log_in, make_account
from tests.support.nothing import require_none
from tests.support.owners import make_site
from tests.support.pages import PageClient, words

EVERY_PLACE = [
    "Home",
    "Incidents",
    "Runbooks",
    "Databases",
    "Messages",
    "Directory",
    "Audit",
    "Settings",
]
ADMINS_ALONE = {
    *("/ops/searches", "/ops/accounts", "/ops/monitoring/notices", "/ops/directory"),
    *(f"/ops/directory/{each}" for each in ("imports", "people", "queue", "statistics")),
}
#: Pages of the control room that no place contains, and why.
OUTSIDE = dict.fromkeys(("/ops/login", "/ops/login/again", "/ops/login/token"), "on the way in")
OUTSIDE["/ops/go/<name>"] = "leads to another page"


def entries(page: BeautifulSoup) -> list[Tag]:
    return page.select("nav[aria-label='Control room'] .places-list > li > a")


def test_the_places_are_in_one_order_and_lead_where_the_reader_may_go(
    app: Flask, settings: Settings, client: PageClient
):
    make_site(app, settings)
    seen = {}
    for name in ("ana", "omar"):
        log_in(client, make_account(name))
        page = client.page("/ops/nothing-here", status=404)
        assert [words(entry) for entry in entries(page)] == EVERY_PLACE
        links = page.select("nav[aria-label='Control room'] a")
        seen[name] = {str(link["href"]) for link in links}
        for address in seen[name] - {"/"}:
            assert client.get(address).status_code == 200, address
    assert seen["ana"] - seen["omar"] == ADMINS_ALONE


def test_every_page_is_in_exactly_one_place(app: Flask):
    """Each is below the address of a tab; the nearest one counts."""
    pages = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and rule.rule.startswith("/ops")
    }
    lost = {page for page in pages if where(page) == ("", "")}
    require_none(
        lost - set(OUTSIDE),
        "In no place: add a Part for it, or for a page above it, to ALL of"
        " portal/web/navigation/places.py",
    )
    require_none(set(OUTSIDE) - lost, "In a place by now, or gone: remove these from OUTSIDE")
    tabs = [part for place in ALL for part in place.parts]
    roots = [root for part in tabs for root in (part.href, *part.also)]
    twice = [root for root, number in Counter(roots).items() if number > 1]
    require_none(twice, "One tab an address, in portal/web/navigation/places.py")
    assert [place.label for place in ALL] == EVERY_PLACE
    every = {rule.rule for rule in app.url_map.iter_rules()}
    require_none(
        [part.href for part in tabs if part.href not in every],
        "No page answers these tabs of portal/web/navigation/places.py",
    )


def test_a_stranger_and_a_client_see_no_place(client: PageClient):
    assert entries(client.page("/ops/login")) == []
    log_in(client, make_account("cleo"))
    for address, status in (
        ("/ops/audit", 403),
        ("/ops/nothing-here", 404),
        ("/ops/password", 200),
    ):
        page = client.page(address, status=status)
        assert entries(page) == []
        assert page.html["class"] == ["voice-client"]
    assert {link["href"] for link in page.select("header a")} >= {"/ops/help/clients"}


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
        ("/ops", ("Home", "Home")),
        ("/ops/", ("Home", "Home")),
        ("/ops/incidents/outage", ("Incidents", "Incidents")),
        ("/ops/monitoring/errors", ("Incidents", "Errors")),
        ("/ops/monitoring/notices", ("Settings", "Notices")),
        ("/ops/runbooks/migrate-production", ("Runbooks", "Runbooks")),
        ("/ops/backups/one/restore", ("Databases", "Backups")),
        ("/ops/syncs/one", ("Databases", "Databases")),
        ("/ops/emails/templates/update/edit", ("Messages", "Templates")),
        ("/ops/backupsets", ("", "")),
        ("/ops/audit/", ("Audit", "Audit")),
        ("/ops/help/decisions/README", ("Help", "Help")),
        ("/studios", ("", "")),
    ],
)
def test_the_page_one_is_on_is_known(path: str, current: tuple[str, str]):
    assert where(path) == current


def test_the_place_and_the_tab_are_marked_and_named_beside_the_button(client: PageClient):
    log_in(client, make_account("omar"))
    page = client.page("/ops/operations")
    assert [words(entry) for entry in entries(page) if entry.has_attr("aria-current")] == [
        "Databases"
    ]
    tabs = page.select("nav[aria-label='Pages of Databases'] a")
    assert [words(tab) for tab in tabs] == [part.label for part in ALL[3].parts]
    assert [words(tab) for tab in tabs if tab.get("aria-current") == "page"] == ["Operations"]
    assert words(page.select_one("details.places-menu > summary")) == "Menu"
    assert words(page.select_one(".places-here")) == "Databases · Operations"


def test_a_public_place_contains_the_pages_below_it(app: Flask):
    for path, is_current in (("/studios", True), ("/studios/one", True), ("/studiosets", False)):
        with app.test_request_context(path):
            assert MenuEntry("Studios", "/studios").is_current is is_current


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
