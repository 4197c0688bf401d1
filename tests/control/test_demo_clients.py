"""The demo has three clients to tell, and gains them where it is older than they are."""

from sqlalchemy import func, select

from portal.accounts.clients.queries import contacts_for_messages, organisation_named
from portal.accounts.clients.service import archive_organisation
from portal.accounts.models import Account, Contact, Organisation, Reading, Role
from portal.accounts.queries import account_by_email
from portal.accounts.service import change_role
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEntry
from portal.control.demo import create_demo_accounts
from portal.control.demo_clients import CLIENTS, create_demo_clients, has_demo_clients
from portal.core.storage.database import db


def counts() -> list[int | None]:
    tables = (Organisation, Contact, Account, AuditEntry)
    return [db.session.scalar(select(func.count()).select_from(each)) for each in tables]


def test_three_clients_can_be_sent_messages(app):
    create_demo_accounts(by=SYSTEM)
    create_demo_clients(by=SYSTEM)
    told = {contact.organisation.name: contact.name for contact in contacts_for_messages()}
    assert told == {
        "Harbour Voices": "Cleo",
        "Lantern Radio": "Newsroom",
        "Tidewater Audio": "Studio desk",
    }
    assert all(contact.email.endswith(".example") for contact in contacts_for_messages())


def test_cleo_logs_in_with_the_demos_own_account_and_reads_london_time(app):
    create_demo_accounts(by=SYSTEM)
    create_demo_clients(by=SYSTEM)
    (cleo,) = organisation_named("harbour").contacts
    assert (cleo.salutation, cleo.time_zone) == ("Cleo", "Europe/London")
    assert cleo.account is account_by_email("cleo@client.example")
    assert cleo.account.chosen_zone == "Europe/London"
    assert cleo.organisation.reading is Reading.ALL


def test_a_second_time_changes_nothing(app):
    create_demo_accounts(by=SYSTEM)
    create_demo_clients(by=SYSTEM)
    before = counts()
    create_demo_accounts(by=SYSTEM)
    create_demo_clients(by=SYSTEM)
    assert counts() == before
    assert before[:3] == [3, 3, 3]


def test_a_demo_from_before_gains_them(app):
    create_demo_accounts(by=SYSTEM)
    assert not has_demo_clients()
    create_demo_clients(by=SYSTEM)
    assert has_demo_clients()


def test_what_somebody_changed_in_the_demo_stays_changed(app):
    create_demo_accounts(by=SYSTEM)
    create_demo_clients(by=SYSTEM)
    archive_organisation(organisation_named("lantern"), by=SYSTEM)
    organisation_named("tidewater").contacts[0].name = "Night desk"
    db.session.commit()
    create_demo_clients(by=SYSTEM)
    assert organisation_named("lantern").is_archived
    assert [each.name for each in organisation_named("tidewater").contacts] == ["Night desk"]


def test_a_demo_account_that_became_staff_is_not_connected(app):
    create_demo_accounts(by=SYSTEM)
    change_role(account_by_email("cleo@client.example"), Role.OPS, by=SYSTEM)
    create_demo_clients(by=SYSTEM)
    (cleo,) = organisation_named("harbour").contacts
    assert cleo.account is None
    assert set(CLIENTS) == {"harbour", "lantern", "tidewater"}
