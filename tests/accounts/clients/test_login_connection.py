"""A client's login that is there already is connected to a contact, and taken away again."""

import pytest

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.service import Person
from portal.accounts.models import Role
from portal.audit.actor import SYSTEM
from portal.core.errors import Conflict
from portal.core.storage.database import db
from tests.accounts.clients.conftest import count_of, make_client, make_contact, said
from tests.support.cast import log_in, make_account
from tests.support.pages import words

ADDRESS = "/ops/accounts/contacts/1/login/connection"


def test_it_is_chosen_from_the_logins_without_a_contact(client, ana, cleo):
    account, omar = make_account("cleo"), make_account("omar")
    offered = client.page("/ops/accounts/contacts/1").select("#account_id option")
    assert [words(option) for option in offered] == ["Cleo, cleo@example.com"]
    response = client.post(ADDRESS, data={"account_id": str(account.id)})
    assert response.location == "/ops/accounts/contacts/1"
    db.session.refresh(cleo)
    assert (cleo.account, account.time_zone) == (account, "Europe/London")
    assert (said()["action"], said()["subject"]) == ("contact.login-connected", "contacts/1")
    assert said()["details"] == {"account": account.id}
    assert "client of Harbour Voices" in words(client.page("/ops/accounts"))
    assert client.post(ADDRESS, data={"account_id": str(omar.id)}).status_code == 422


def test_a_zone_they_chose_themselves_holds_for_both(cleo):
    account = make_account("cleo")
    account.time_zone = "Asia/Tokyo"
    connect_login(cleo, account, by=SYSTEM)
    assert (account.time_zone, cleo.time_zone) == ("Asia/Tokyo", "Asia/Tokyo")


@pytest.mark.parametrize("role", [Role.OPS, Role.ADMIN])
def test_staff_are_no_contacts(cleo, role):
    account = make_account("sam", role)
    with pytest.raises(Conflict, match="a contact’s login is a client’s"):
        connect_login(cleo, account, by=SYSTEM)
    assert cleo.account is None


def test_a_login_belongs_to_one_contact(cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    pier = make_client("pier", "Pier")
    other = make_contact(pier, Person("Cleo", "cleo@pier.example", "UTC"))
    with pytest.raises(Conflict, match="the login of Cleo at Harbour Voices already"):
        connect_login(other, account, by=SYSTEM)


def test_a_contact_has_one_login(cleo):
    connect_login(cleo, make_account("cleo"), by=SYSTEM)
    with pytest.raises(Conflict, match="has a login already"):
        connect_login(cleo, make_account("second", Role.CLIENT), by=SYSTEM)


def test_connecting_twice_is_recorded_once(cleo):
    for _ in range(2):
        connect_login(cleo, make_account("cleo"), by=SYSTEM)
    assert count_of("contact.login-connected") == 1


@pytest.mark.parametrize("account_id", ["", "1", "99", "one", "1 OR 1=1"])
def test_what_is_not_offered_can_not_be_chosen(client, ana, cleo, account_id):
    assert client.post(ADDRESS, data={"account_id": account_id}).status_code == 422
    db.session.refresh(cleo)
    assert cleo.account is None


def test_it_is_disconnected_and_stays_a_clients_login(app, client, ana, cleo):
    account, hers = make_account("cleo"), app.test_client()
    connect_login(cleo, account, by=SYSTEM)
    log_in(hers, account)
    assert client.post(f"{ADDRESS}/end").location == "/ops/accounts/contacts/1"
    db.session.refresh(account)
    assert (account.contact, account.role) == (None, Role.CLIENT)
    assert (said()["action"], said()["details"]) == (
        "contact.login-disconnected",
        {"account": account.id},
    )
    assert hers.get("/client").status_code == 200
    client.post(f"{ADDRESS}/end")
    assert count_of("contact.login-disconnected") == 1


def test_the_login_of_somebody_archived_is_not_freed(client, ana, cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    client.post("/ops/accounts/contacts/1/archival")
    assert client.post(f"{ADDRESS}/end").status_code == 409
    db.session.refresh(account)
    assert account.is_shut_out


def test_a_contacts_login_stays_a_clients(client, ana, cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    response = client.post(f"/ops/accounts/{account.id}/role", data={"role": "ops"})
    assert response.status_code == 409
    assert "Disconnect the login from the contact first." in response.text
    assert (said()["action"], said()["outcome"]) == ("account.role-changed", "refused")
    db.session.refresh(account)
    assert account.role is Role.CLIENT
