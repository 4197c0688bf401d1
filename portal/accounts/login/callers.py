"""The origin of a login attempt, from the request."""

from flask import Flask, current_app, request
from sqlalchemy import select

from portal.accounts.login.cookies import emails_known_here, known_device
from portal.accounts.login.login import Caller
from portal.accounts.models import STAFF, Account
from portal.core.storage.database import db


def caller_as(email: str) -> Caller:
    """The origin of an attempt to log in to this account."""
    return Caller(
        address=request.remote_addr,
        user_agent=request.user_agent.string,
        device=known_device(the_app(), email.strip()),
    )


def is_device_of_staff() -> bool:
    """Whether staff have logged in on this device before, even months ago."""
    emails = emails_known_here(the_app())
    query = select(Account.id).where(Account.email.in_(emails), Account.role.in_(STAFF))
    return bool(emails) and db.session.scalar(query.limit(1)) is not None


def the_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
