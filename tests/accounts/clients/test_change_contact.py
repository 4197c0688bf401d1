"""What is kept about a person changes; the address they log in with does not."""

import pytest

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.service import Person
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from tests.accounts.clients.conftest import count_of, make_contact, said
from tests.support.cast import make_account
from tests.support.pages import check_page, words

ADDRESS = "/ops/accounts/contacts/1"
SAME = {
    "name": "Cleo",
    "email": "cleo@harbour.example",
    "salutation": "Cleo",
    "time_zone": "Europe/London",
    "gets_messages": "y",
}


def test_what_is_new_is_changed_and_named_in_the_log(client, ana, cleo):
    fields = {"email": "c@harbour.example", "time_zone": "Asia/Tokyo"}
    assert client.post(ADDRESS, data=SAME | fields).location == ADDRESS
    db.session.refresh(cleo)
    assert (cleo.email, cleo.time_zone) == ("c@harbour.example", "Asia/Tokyo")
    assert (said()["action"], said()["target"]) == ("contact.changed", "organisations/harbour")
    assert said()["details"] == {"changed": ["email", "time_zone"]}


def test_saving_what_is_there_already_is_no_event(client, ana, cleo):
    client.post(ADDRESS, data=SAME)
    assert count_of("contact.changed") == 0


def test_a_login_follows_the_zone_until_its_owner_chooses_one(client, ana, cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    client.post(ADDRESS, data=SAME | {"time_zone": "Asia/Tokyo"})
    db.session.refresh(account)
    assert (account.time_zone, account.email) == ("Asia/Tokyo", "cleo@example.com")
    account.time_zone = "Europe/Paris"
    client.post(ADDRESS, data=SAME | {"time_zone": "Europe/Rome"})
    db.session.refresh(account)
    assert account.time_zone == "Europe/Paris"


def test_a_login_that_follows_its_browser_goes_on_doing_so(client, ana, cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    account.time_zone = "UTC"
    client.post(ADDRESS, data=SAME | {"time_zone": "Asia/Tokyo"})
    db.session.refresh(account)
    assert account.chosen_zone is None


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"name": ""}, 422, "Fill in a name."),
        ({"salutation": "Cleo\tC"}, 422, "The form of address is one line"),
        ({"email": "cleo"}, 422, "“cleo” is not an email address."),
        ({"email": "nia@harbour.example"}, 422, "Harbour Voices has Nia at nia@harbour.example"),
        ({"time_zone": "London"}, 422, "“London” is not a time zone."),
    ],
)
def test_what_can_not_be_stays_in_the_form(client, ana, cleo, fields, status, sentence):
    make_contact(cleo.organisation, Person("Nia", "nia@harbour.example", "UTC"))
    response = client.post(ADDRESS, data=SAME | fields)
    assert response.status_code == status
    page = check_page(response.text)
    assert sentence in words(page)
    ((name, typed),) = fields.items()
    assert page.select_one(f"#{name}")["value"] == typed
    db.session.refresh(cleo)
    assert (cleo.name, cleo.email, cleo.time_zone) == ("Cleo", SAME["email"], "Europe/London")


def test_more_than_was_asked_for_is_ignored(client, ana, cleo):
    client.post(ADDRESS, data=SAME | {"organisation_id": "2", "account_id": str(ana.id)})
    db.session.refresh(cleo)
    assert (cleo.organisation_id, cleo.account_id) == (1, None)


def test_an_archived_contact_is_restored_first(client, ana, cleo):
    client.post(f"{ADDRESS}/archival")
    assert client.post(ADDRESS, data=SAME | {"name": "Chloe"}).status_code == 409
    db.session.refresh(cleo)
    assert cleo.name == "Cleo"
