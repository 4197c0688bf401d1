"""Harbour Voices, a client with one person, Cleo; and ana, who may change both."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.clients.service import Person, add_contact, create_organisation
from portal.accounts.models import Account, Contact, Organisation, Reading
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account

CLEO = Person("Cleo", "cleo@harbour.example", "Europe/London")


@pytest.fixture
def ana(client: FlaskClient) -> Account:
    account = make_account("ana")
    log_in(client, account)
    return account


@pytest.fixture
def harbour(app: Flask) -> Organisation:
    return make_client("harbour", "Harbour Voices")


@pytest.fixture
def cleo(harbour: Organisation) -> Contact:
    """A contact; the cast's account of that name is another matter until they are connected."""
    return make_contact(harbour, CLEO)


def make_client(slug: str, name: str) -> Organisation:
    organisation = create_organisation(slug=slug, name=name, reading=Reading.ALL, by=SYSTEM)
    db.session.commit()
    return organisation


def make_contact(organisation: Organisation, person: Person) -> Contact:
    contact = add_contact(organisation, person, by=SYSTEM)
    db.session.commit()
    return contact


def last() -> AuditEntry:
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    return entry


def said() -> dict[str, Any]:
    return dict(json.loads(last().canonical))


def count_of(action: str) -> int:
    query = select(AuditEntry).where(AuditEntry.action == action)
    return len(db.session.scalars(query).all())
