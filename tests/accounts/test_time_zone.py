"""Everybody may choose the time zone of their own pages; until then the browser says it."""

import json
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.service import Person, add_contact, create_organisation
from portal.accounts.models import Reading
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account
from tests.support.pages import check_page, words

ADDRESS = "/ops/time-zone"
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def entries() -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.action == "account.zone-chosen")
    return list(db.session.scalars(query))


def shown(client) -> str:
    """The time of one's own login, as the page of one's sessions shows it."""
    return words(client.page("/ops/sessions").select_one("main time"))


@pytest.mark.parametrize("name", ["ana", "omar", "cleo"])
def test_times_are_in_the_zone_that_was_chosen(client, noon, name):
    account = make_account(name)
    log_in(client, account)
    client.set_cookie("zone", "Europe/Paris", domain="localhost")
    assert shown(client).startswith("14:00 ")
    assert client.post(ADDRESS, data={"time_zone": "asia/tokyo"}).location == ADDRESS
    assert "Your pages show times in Asia/Tokyo." in words(client.page(ADDRESS))
    assert shown(client).startswith("21:00 ")
    (entry,) = entries()
    assert (entry.actor_id, entry.target) == (account.id, f"accounts/{account.id}")
    details = json.loads(entry.canonical)["details"]
    assert details == {"before": "UTC", "after": "Asia/Tokyo"}


def test_utc_can_be_chosen_against_the_browser(client, noon):
    log_in(client, make_account("omar"))
    client.set_cookie("zone", "Europe/Paris", domain="localhost")
    client.post(ADDRESS, data={"time_zone": "UTC"})
    assert shown(client).startswith("12:00 UTC ")
    assert client.page(ADDRESS).select_one("#time_zone")["value"] == "UTC"


def test_an_empty_choice_follows_the_browser_again(client, noon):
    log_in(client, make_account("omar"))
    client.set_cookie("zone", "Europe/Paris", domain="localhost")
    client.post(ADDRESS, data={"time_zone": "Asia/Tokyo"})
    client.post(ADDRESS, data={"time_zone": " "})
    assert shown(client).startswith("14:00 ")
    assert "now Europe/Paris" in words(client.page(ADDRESS))


def test_a_client_lands_there_after_the_login_and_finds_it_in_the_menu(client):
    log_in(client, make_account("cleo"))
    assert client.get(f"/ops/login?next={ADDRESS}").location == ADDRESS
    assert client.page("/client").select_one(f".menu a[href='{ADDRESS}']")


def test_a_contacts_messages_follow_the_choice(client):
    account = make_account("cleo")
    harbour = create_organisation(slug="harbour", name="H", reading=Reading.ALL, by=SYSTEM)
    contact = add_contact(harbour, Person("Cleo", "c@x.example", "Europe/London"), by=SYSTEM)
    connect_login(contact, account, by=SYSTEM)
    log_in(client, account)
    client.post(ADDRESS, data={"time_zone": "Asia/Tokyo"})
    db.session.refresh(contact)
    assert contact.time_zone == "Asia/Tokyo"
    client.post(ADDRESS, data={"time_zone": ""})
    db.session.refresh(contact)
    assert contact.time_zone == "Asia/Tokyo"


def test_what_is_no_zone_is_refused_and_stays_in_the_field(client):
    account = make_account("omar")
    log_in(client, account)
    response = client.post(ADDRESS, data={"time_zone": "<b>Mars</b>"})
    assert response.status_code == 422
    page = check_page(response.text)
    assert "“<b>Mars</b>” is not a time zone." in words(page)
    assert page.select_one("#time_zone")["value"] == "<b>Mars</b>"
    db.session.refresh(account)
    assert account.chosen_zone is None
    assert entries() == []


def test_choosing_the_same_again_is_no_event(client):
    log_in(client, make_account("omar"))
    for _ in range(2):
        client.post(ADDRESS, data={"time_zone": "Asia/Tokyo", "account_id": "1", "role": "admin"})
    assert len(entries()) == 1
    assert make_account("omar").role == "ops"


def test_a_stranger_is_sent_to_the_login(client):
    assert client.get(ADDRESS).location == f"/ops/login?next={ADDRESS}"
    assert client.post(ADDRESS, data={"time_zone": "UTC"}).location == "/ops/login"


def test_the_public_pages_know_nothing_of_it(app, client):
    """They ask no ops database, whoever is logged in there."""
    account = make_account("omar")
    account.time_zone = "Asia/Tokyo"
    log_in(client, account)
    with app.test_request_context("/studios"):
        assert app.jinja_env.filters["clock_time"](NOON).endswith("12:00 UTC")
