"""A contact gets a login of their own, and its password is shown once."""

import pytest

from portal.accounts.models import Role
from portal.accounts.queries import account_by_email
from portal.core.errors import NotFound
from portal.core.storage.database import db
from tests.accounts.clients.conftest import count_of
from tests.support.cast import log_in_by_form, make_account
from tests.support.pages import check_page, words

ADDRESS = "/ops/accounts/contacts/1/login"


def test_it_opens_the_client_area_in_the_contacts_zone(app, client, ana, cleo):
    response = client.post(ADDRESS)
    password = words(check_page(response.text).select_one("main code"))
    account = account_by_email("cleo@harbour.example")
    assert (account.name, account.role) == ("Cleo", Role.CLIENT)
    assert (account.contact, account.time_zone) == (cleo, "Europe/London")
    assert log_in_by_form(app.test_client(), account, password).location == "/client"
    assert count_of("contact.login-connected") == 1
    assert count_of("account.created") == 1


def test_a_second_one_is_refused(client, ana, cleo):
    client.post(ADDRESS)
    response = client.post(ADDRESS)
    assert response.status_code == 409
    assert "Cleo has a login already: cleo@harbour.example." in response.text
    assert count_of("account.created") == 1


def test_an_address_that_has_an_account_is_refused(client, ana, cleo):
    cleo.email = make_account("omar").email
    response = client.post(ADDRESS)
    assert response.status_code == 409
    assert "There is an account for omar@example.com already." in response.text
    db.session.refresh(cleo)
    assert cleo.account is None


@pytest.mark.parametrize("archived", ["contacts/1", "organisations/harbour"])
def test_no_archived_contact_gets_one(client, ana, cleo, archived):
    client.post(f"/ops/accounts/{archived}/archival")
    assert client.post(ADDRESS).status_code == 409
    with pytest.raises(NotFound):
        account_by_email(cleo.email)


def test_the_page_offers_one_to_whoever_has_none(client, ana, cleo):
    page = "/ops/accounts/contacts/1"
    assert "Make a login" in words(client.page(page))
    client.post(ADDRESS)
    assert "Make a login" not in words(client.page(page))
    assert "Logs in as cleo@harbour.example" in words(client.page(page))
