"""Clients on a real PostgreSQL: the same tables, the same rules."""

import pytest
from sqlalchemy.exc import IntegrityError

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.queries import accounts_to_connect, contacts_for_messages
from portal.accounts.clients.service import Person, archive_organisation
from portal.accounts.models import Contact, Organisation, Role
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from tests.accounts.clients.conftest import CLEO, make_client, make_contact
from tests.support.cast import make_account
from tests.support.ops_on_postgres import postgres_ops

__all__ = ["postgres_ops"]


@pytest.fixture
def pg_cleo(tmp_path, postgres_ops):
    address = postgres_ops.render_as_string(hide_password=False)
    settings = {"PORTAL_DATA": str(tmp_path), "SECRET_KEY": "k", "OPS_DATABASE_URL": address}
    with create_app(load_settings(settings)).app_context():
        yield make_contact(make_client("harbour", "Harbour Voices"), CLEO)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def test_a_client_lives_there_as_anywhere(pg_cleo):
    free = make_account("free", Role.CLIENT)
    connect_login(pg_cleo, make_account("cleo"), by=SYSTEM)
    acme = make_contact(make_client("acme", "Acme"), Person("Zoe", "z@acme.example", "UTC"))
    assert contacts_for_messages() == [acme, pg_cleo]
    assert accounts_to_connect() == [free]
    archive_organisation(pg_cleo.organisation, by=SYSTEM)
    db.session.commit()
    assert contacts_for_messages() == [acme]


@pytest.mark.parametrize(
    "row",
    [
        Organisation(slug="harbour", name="Another"),
        Contact(organisation_id=1, name="C", email=CLEO.email, salutation="C", time_zone="UTC"),
        Contact(organisation_id=9, name="C", email="c@x.example", salutation="C"),
    ],
    ids=["the short name", "the address", "no organisation"],
)
def test_the_database_itself_keeps_what_is_unique(pg_cleo, row):
    db.session.add(row)
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()
