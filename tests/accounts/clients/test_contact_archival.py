"""An archived contact is told nothing, reads nothing and can't log in, until restored."""

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.queries import contacts_for_messages
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from tests.accounts.clients.conftest import count_of, said
from tests.support.cast import log_in, log_in_by_form, make_account
from tests.support.pages import words

ADDRESS = "/ops/accounts/contacts/1"


def test_they_are_out_at_once_and_can_not_come_back(app, client, ana, cleo):
    account, hers = make_account("cleo"), app.test_client()
    connect_login(cleo, account, by=SYSTEM)
    log_in(hers, account)
    assert client.post(f"{ADDRESS}/archival").location == ADDRESS
    assert (said()["action"], said()["details"]) == ("contact.archived", {"sessions": 1})
    assert hers.get("/client").status_code == 303
    assert log_in_by_form(hers, account).status_code == 422
    assert contacts_for_messages() == []
    db.session.refresh(account)
    assert (account.is_disabled, account.is_shut_out) == (False, True)
    assert "archived" in words(client.page(f"/ops/accounts/{account.id}").select_one(".facts"))


def test_restored_they_get_messages_again(app, client, ana, cleo):
    account, hers = make_account("cleo"), app.test_client()
    connect_login(cleo, account, by=SYSTEM)
    client.post(f"{ADDRESS}/archival")
    assert client.post(f"{ADDRESS}/archival/end").location == ADDRESS
    assert (said()["action"], said()["target"]) == ("contact.restored", "organisations/harbour")
    assert log_in_by_form(hers, account).location == "/client"
    assert contacts_for_messages() == [cleo]


def test_a_disabled_login_stays_disabled_when_its_contact_is_restored(client, ana, cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    client.post(f"/ops/accounts/{account.id}/disablement")
    client.post(f"{ADDRESS}/archival")
    client.post(f"{ADDRESS}/archival/end")
    assert contacts_for_messages() == []
    assert "login disabled" in words(client.page(ADDRESS).select_one(".facts"))


def test_a_login_is_not_enabled_while_its_contact_is_archived(client, ana, cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    client.post(f"/ops/accounts/{account.id}/disablement")
    client.post(f"{ADDRESS}/archival")
    response = client.post(f"/ops/accounts/{account.id}/disablement/end")
    assert response.status_code == 409
    assert "Restore the contact first." in response.text


def test_twice_is_recorded_once(client, ana, cleo):
    for address in ("archival", "archival", "archival/end", "archival/end"):
        assert client.post(f"{ADDRESS}/{address}").status_code == 303
    assert (count_of("contact.archived"), count_of("contact.restored")) == (1, 1)


def test_their_client_is_restored_first(client, ana, cleo):
    client.post(f"{ADDRESS}/archival")
    client.post("/ops/accounts/organisations/harbour/archival")
    response = client.post(f"{ADDRESS}/archival/end")
    assert response.status_code == 409
    assert "Restore the organisation first." in response.text
    assert "it comes first" in words(client.page(ADDRESS))
    db.session.refresh(cleo)
    assert cleo.archived_at is not None


def test_an_archived_page_offers_to_restore_and_nothing_else(client, ana, cleo):
    client.post(f"{ADDRESS}/archival")
    buttons = [words(button) for button in client.page(ADDRESS).select("main button")]
    assert buttons == ["Restore Cleo"]
