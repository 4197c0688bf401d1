"""A person of a client is added, with a login in the same step where one is wanted."""

import pytest
from sqlalchemy import select

from portal.accounts.login.passwords import fits
from portal.accounts.models import Account, Contact, Role
from portal.core.storage.database import db
from tests.accounts.clients.conftest import count_of, make_client, said
from tests.support.cast import log_in_by_form, make_account
from tests.support.pages import check_page, words

ADDRESS = "/ops/accounts/organisations/harbour/contacts"
NIA = {
    "name": "Nia",
    "email": "Nia@Harbour.example",
    "salutation": "Dr Nia",
    "time_zone": "america/new york",
    "gets_messages": "y",
}


def nia() -> Contact | None:
    return db.session.scalar(select(Contact).where(Contact.name == "Nia"))


def account() -> Account | None:
    return db.session.scalar(select(Account).where(Account.email == "nia@harbour.example"))


def test_a_contact_is_added_and_recorded(client, ana, harbour):
    response = client.post(ADDRESS, data=NIA)
    assert response.location == "/ops/accounts/organisations/harbour"
    assert (nia().email, nia().salutation) == ("nia@harbour.example", "Dr Nia")
    assert (nia().time_zone, nia().gets_messages) == ("America/New_York", True)
    assert (nia().organisation.slug, nia().account) == ("harbour", None)
    assert (said()["action"], said()["target"]) == ("contact.added", "organisations/harbour")
    assert said()["subject"] == f"contacts/{nia().id}"
    assert "Nia" in words(client.page(response.location).select_one("main table"))


def test_the_log_keeps_no_name_and_no_address(client, ana, harbour):
    client.post(ADDRESS, data=NIA)
    assert "nia" not in str(said()).lower()


def test_without_a_form_of_address_it_is_the_name(client, ana, harbour):
    client.post(ADDRESS, data=NIA | {"salutation": " "})
    assert nia().salutation == "Nia"


def test_an_unticked_box_means_no_messages(client, ana, harbour):
    client.post(ADDRESS, data={key: NIA[key] for key in NIA if key != "gets_messages"})
    assert nia().gets_messages is False


def test_a_login_is_made_with_it_and_its_password_shown_once(app, client, ana, harbour):
    response = client.post(ADDRESS, data=NIA | {"with_login": "y"})
    assert response.status_code == 200
    page = check_page(response.text)
    password = words(page.select_one("main code"))
    assert nia().account is account()
    assert (account().role, account().time_zone) == (Role.CLIENT, "America/New_York")
    assert fits(password, account().password_hash)
    assert response.headers["Cache-Control"] == "no-store"
    assert "To Harbour Voices" in words(page)
    assert password not in client.get("/ops/accounts/organisations/harbour").text
    assert log_in_by_form(app.test_client(), account(), password).location == "/client"
    counts = [count_of(f"{each}") for each in ("account.created", "contact.login-connected")]
    assert counts == [1, 1]


def test_a_login_that_can_not_be_made_leaves_no_contact_behind(client, ana, harbour):
    make_account("omar")
    response = client.post(ADDRESS, data=NIA | {"email": "omar@example.com", "with_login": "y"})
    assert response.status_code == 422
    page = check_page(response.text)
    assert "There is an account for omar@example.com already." in words(page)
    assert page.select_one("#with_login").has_attr("checked")
    assert nia() is None
    assert count_of("contact.added") == 0


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"name": ""}, 422, "Fill in a name."),
        ({"name": "Nia\r\nBcc: all@example.com"}, 422, "The name is one line"),
        ({"email": "nobody"}, 422, "“nobody” is not an email address."),
        ({"email": "nia@harbour.example\r\nBcc: x@example.com"}, 422, "is not an email address."),
        ({"email": "CLEO@harbour.example"}, 422, "Harbour Voices has Cleo at cleo@harbour.example"),
        ({"salutation": "Nia\u2028Bcc"}, 422, "The form of address is one line"),
        ({"time_zone": ""}, 422, "Fill in a time zone."),
        ({"time_zone": "Mars/Base"}, 422, "“Mars/Base” is not a time zone."),
        ({"time_zone": "../../etc/passwd"}, 422, "is not a time zone."),
    ],
)
def test_what_can_not_be_a_contact(client, ana, cleo, fields, status, sentence):
    response = client.post(ADDRESS, data=NIA | fields)
    assert response.status_code == status
    page = check_page(response.text)
    assert sentence in words(page)
    (typed,) = fields
    assert page.select_one(f"#{typed}")["value"] == fields[typed].replace("\r", "")
    assert page.select_one("#organisation-name")["value"] == "Harbour Voices"
    assert len(db.session.scalars(select(Contact)).all()) == 1


def test_one_person_may_stand_with_two_clients(client, ana, cleo):
    make_client("pier", "Pier")
    address = "/ops/accounts/organisations/pier/contacts"
    assert client.post(address, data=NIA | {"email": cleo.email}).status_code == 303


def test_more_than_was_asked_for_is_ignored(client, ana, harbour):
    owner = make_account("omar")
    client.post(ADDRESS, data=NIA | {"account_id": str(owner.id), "organisation_id": "9"})
    assert (nia().account_id, nia().organisation_id) == (None, harbour.id)


def test_an_archived_client_takes_no_contact(client, ana, harbour):
    client.post("/ops/accounts/organisations/harbour/archival")
    assert client.post(ADDRESS, data=NIA).status_code == 409
    assert nia() is None


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "{{ 7*7 }}", "${7*7}"])
def test_a_hostile_name_is_shown_as_typed(client, ana, harbour, name):
    client.post(ADDRESS, data=NIA | {"name": name, "salutation": name})
    assert words(client.page("/ops/accounts/contacts/1").find("h1")) == name
    row = words(client.page("/ops/accounts/organisations/harbour").select_one("main tbody"))
    assert row.count(name) == 2
