"""Queries for clients. Those for sending leave out archived contacts and disabled logins."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.accounts.models import Account, Contact, Organisation, Role
from portal.core.errors import NotFound
from portal.core.page import cached_per_page
from portal.core.storage.database import db


@cached_per_page
def organisations(*, archived: bool = False) -> list[Organisation]:
    """By name; with `archived` also the archived ones, after the others."""
    query = select(Organisation).order_by(
        Organisation.archived_at.isnot(None), Organisation.name, Organisation.id
    )
    if not archived:
        query = query.where(Organisation.archived_at.is_(None))
    return list(db.session.scalars(query))


@cached_per_page
def organisations_with_readers() -> list[Organisation]:
    """By name, without archived ones; with their contacts and the contacts' logins."""
    return list(db.session.scalars(_WITH_READERS))


_WITH_READERS = (
    select(Organisation)
    .where(Organisation.archived_at.is_(None))
    .order_by(Organisation.name, Organisation.id)
    .options(selectinload(Organisation.contacts).joinedload(Contact.account))
)


def organisations_with_people() -> list[Organisation]:
    """All, including archived ones, with their contacts and the contacts' logins."""
    query = select(Organisation).order_by(
        Organisation.archived_at.isnot(None), Organisation.name, Organisation.id
    )
    people = selectinload(Organisation.contacts).joinedload(Contact.account)
    return list(db.session.scalars(query.options(people)))


def organisation_named(slug: str) -> Organisation:
    """Also finds an archived one. Raises NotFound."""
    found = db.session.scalar(select(Organisation).where(Organisation.slug == slug))
    if found is None:
        raise NotFound(f"There is no client “{slug}”.")
    return found


def contact_by_id(contact_id: int) -> Contact:
    """Also finds an archived one: check `is_active` before anything is sent. Raises NotFound."""
    contact = db.session.get(Contact, contact_id)
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def contacts_for_messages() -> list[Contact]:
    """The contacts who may receive messages, by organisation and name.

    Leaves out contacts who get no messages, who are archived themselves or with their organisation,
    and whose login is disabled.
    """
    query = (
        select(Contact)
        .join(Contact.organisation)
        .outerjoin(Contact.account)
        .where(
            Contact.gets_messages,
            Contact.archived_at.is_(None),
            Organisation.archived_at.is_(None),
            Account.disabled_at.is_(None),
        )
        .order_by(Organisation.name, Organisation.id, Contact.name, Contact.id)
    )
    return list(db.session.scalars(query))


def accounts_to_connect() -> list[Account]:
    """Client logins without a contact, by name."""
    return list(db.session.scalars(_TO_CONNECT))


_TO_CONNECT = (
    select(Account)
    .outerjoin(Account.contact)
    .where(Account.role == Role.CLIENT, Account.disabled_at.is_(None), Contact.id.is_(None))
    .order_by(Account.name, Account.id)
)
