"""Queries for accounts."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Account, Contact
from portal.core.errors import NotFound
from portal.core.storage.database import db


def all_accounts() -> list[Account]:
    """Accounts that can log in first, then by name."""
    order = (Account.disabled_at.isnot(None), Account.name, Account.id)
    people = joinedload(Account.contact).joinedload(Contact.organisation)
    return list(db.session.scalars(select(Account).options(people).order_by(*order)))


def account_by_email(email: str) -> Account:
    """Raises NotFound."""
    query = select(Account).where(Account.email == email.strip().casefold())
    account = db.session.scalar(query)
    if account is None:
        raise NotFound(f"There is no account for {email.strip()}.")
    return account


def account_by_id(account_id: int) -> Account:
    """Raises NotFound."""
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account
