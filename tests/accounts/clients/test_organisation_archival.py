"""An archived client is kept for the record, told nothing, and out at once."""

import pytest

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.queries import contacts_for_messages, organisations
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from tests.accounts.clients.conftest import count_of, said
from tests.support.cast import log_in, log_in_by_form, make_account
from tests.support.pages import words

ADDRESS = "/ops/accounts/organisations/harbour"


@pytest.fixture
def hers(app, cleo):
    """Cleo's own browser, logged in as her contact's account."""
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    browser = app.test_client()
    log_in(browser, account)
    return browser


def test_its_people_get_no_messages_and_their_sessions_end(client, ana, hers):
    assert hers.get("/client").status_code == 200
    assert client.post(f"{ADDRESS}/archival").location == ADDRESS
    assert hers.get("/client").status_code == 303
    assert contacts_for_messages() == []
    entry = said()
    assert (entry["action"], entry["target"]) == ("organisation.archived", "organisations/harbour")
    assert entry["details"] == {"sessions": 1}


def test_none_of_its_people_can_log_in_until_it_is_restored(client, ana, hers):
    client.post(f"{ADDRESS}/archival")
    assert log_in_by_form(hers, make_account("cleo")).status_code == 422
    client.post(f"{ADDRESS}/archival/end")
    assert said()["action"] == "organisation.restored"
    assert hers.get("/client").status_code == 303
    assert log_in_by_form(hers, make_account("cleo")).location == "/client"
    assert len(contacts_for_messages()) == 1


def test_a_session_that_was_not_ended_is_dead_all_the_same(harbour, hers):
    harbour.archived_at = harbour.created_at
    assert hers.get("/client").status_code == 303


def test_people_who_were_archived_by_themselves_stay_so(client, ana, cleo):
    client.post(f"/ops/accounts/contacts/{cleo.id}/archival")
    client.post(f"{ADDRESS}/archival")
    client.post(f"{ADDRESS}/archival/end")
    assert [each.slug for each in organisations()] == ["harbour"]
    assert contacts_for_messages() == []


def test_twice_is_recorded_once(client, ana, harbour):
    for _ in range(2):
        client.post(f"{ADDRESS}/archival")
    for _ in range(2):
        client.post(f"{ADDRESS}/archival/end")
    assert (count_of("organisation.archived"), count_of("organisation.restored")) == (1, 1)


def test_its_page_offers_to_restore_it_and_nothing_else(client, ana, cleo):
    client.post(f"{ADDRESS}/archival")
    page = client.page(ADDRESS)
    buttons = [words(button) for button in page.select("main button:not([hidden])")]
    assert buttons == ["Restore Harbour Voices"]
    assert "archived" in words(client.page("/ops/accounts").select_one("#clients tbody tr"))
    db.session.refresh(cleo)
    assert cleo.archived_at is None
