"""Who is a client, who may be written to, which logins belong to nobody."""

import pytest

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.queries import (
    accounts_to_connect,
    contact_by_id,
    contacts_for_messages,
    organisation_named,
    organisations,
)
from portal.accounts.clients.service import Person, archive_contact, archive_organisation
from portal.accounts.models import Role
from portal.accounts.service import disable_account
from portal.audit.actor import SYSTEM
from portal.core.errors import NotFound
from tests.accounts.clients.conftest import make_client, make_contact
from tests.support.cast import make_account


def test_clients_stand_by_name_and_archived_ones_after_the_others(harbour):
    pier, acme = make_client("pier", "Pier"), make_client("zz", "Acme")
    archive_organisation(acme, by=SYSTEM)
    assert organisations() == [harbour, pier]
    assert organisations(archived=True) == [harbour, pier, acme]


def test_a_client_is_found_by_its_short_name(harbour):
    assert organisation_named("harbour") is harbour
    archive_organisation(harbour, by=SYSTEM)
    assert organisation_named("harbour") is harbour
    for slug in ("Harbour", "pier", "", "harbour' OR '1'='1"):
        with pytest.raises(NotFound):
            organisation_named(slug)


def test_a_contact_is_found_by_its_number(cleo):
    assert contact_by_id(cleo.id) is cleo
    with pytest.raises(NotFound, match="There is no such contact"):
        contact_by_id(cleo.id + 1)


def test_messages_go_by_client_and_name(cleo):
    acme = make_client("zz", "Acme")
    zoe = make_contact(acme, Person("Zoe", "zoe@acme.example", "UTC"))
    abe = make_contact(acme, Person("Abe", "abe@acme.example", "UTC"))
    assert contacts_for_messages() == [abe, zoe, cleo]
    assert all(contact.is_active for contact in contacts_for_messages())


def test_no_message_to_whoever_gets_none(cleo):
    cleo.gets_messages = False
    assert contacts_for_messages() == []
    assert cleo.is_active


def test_no_message_to_an_archived_contact(cleo):
    archive_contact(cleo, by=SYSTEM)
    assert contacts_for_messages() == []
    assert not cleo.is_active


def test_no_message_to_the_people_of_an_archived_client(cleo):
    archive_organisation(cleo.organisation, by=SYSTEM)
    assert contacts_for_messages() == []
    assert not cleo.is_active


def test_no_message_to_whoever_was_disabled(cleo):
    account = make_account("cleo")
    connect_login(cleo, account, by=SYSTEM)
    assert contacts_for_messages() == [cleo]
    disable_account(account, by=SYSTEM)
    assert contacts_for_messages() == []
    assert not cleo.is_active


def test_only_free_logins_of_clients_are_offered(cleo):
    free, taken = make_account("free", Role.CLIENT), make_account("cleo")
    gone = make_account("gone", Role.CLIENT)
    make_account("omar")
    connect_login(cleo, taken, by=SYSTEM)
    disable_account(gone, by=SYSTEM)
    assert accounts_to_connect() == [free]
