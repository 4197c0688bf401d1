"""Login sessions: rows that can be listed and ended."""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import joinedload

from portal.accounts.models import Account, Contact, LoginSession
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place
from portal.core.storage.database import db, is_reading, own_ops_transaction

SEEN_EVERY = timedelta(minutes=1)
_OF_TOKEN = select(LoginSession).where(LoginSession.token_hash == bindparam("hashed"))
_BY_TOKEN = _OF_TOKEN.options(joinedload(LoginSession.account))
_BY_TOKEN_OF_CLIENT = _BY_TOKEN.options(
    joinedload(LoginSession.account).joinedload(Account.contact).joinedload(Contact.organisation)
)
"""Built once: each page behind a login executes one of them."""


def open_session(
    account: Account, *, address: str | None = None, user_agent: str | None = None
) -> tuple[LoginSession, str]:
    """Create a session; returns it and its token, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    row = LoginSession(
        token_hash=_hash(token),
        account=account,
        address=address,
        user_agent=(user_agent or "")[:300] or None,
    )
    db.session.add(row)
    return row, token


def live_session(token: str, *, of_client: bool = False) -> LoginSession | None:
    """The session of this token, unless it ended, timed out or its account is disabled.

    `of_client`: probably a client's, so load contact and organisation with it.
    """
    query = _BY_TOKEN_OF_CLIENT if of_client else _BY_TOKEN
    row = db.session.scalar(query, {"hashed": _hash(token)})
    return row if row and row.is_live else None


def renew(row: LoginSession) -> str:
    """A fresh login in the same session, with a new token; the old one becomes invalid."""
    token = secrets.token_urlsafe(32)
    row.token_hash = _hash(token)
    row.authenticated_at = row.last_seen_at = now()
    return token


def mark_seen(row: LoginSession) -> None:
    """Note that the session is in use; written at most once a minute."""
    at = now()
    if at - row.last_seen_at < SEEN_EVERY:
        return
    if not is_reading():
        row.last_seen_at = at
        return
    try:
        with own_ops_transaction() as session:
            session.execute(
                update(LoginSession).where(LoginSession.id == row.id).values(last_seen_at=at)
            )
    except DBAPIError as error:  # a page that only reads is shown; the session ends earlier
        if alarm_about(error, settings(), about=ops_place(settings())) is None:
            raise


def live_sessions(account: Account | None = None) -> list[LoginSession]:
    """The sessions in use, of one account or all, latest first."""
    query = select(LoginSession).where(LoginSession.ended_at.is_(None))
    if account:
        query = query.where(LoginSession.account_id == account.id)
    whose = joinedload(LoginSession.account).joinedload(Account.contact)
    query = query.options(whose.joinedload(Contact.organisation))
    rows = db.session.scalars(query.order_by(LoginSession.last_seen_at.desc()))
    return [row for row in rows if row.is_live]


def session_for_ending(session_id: int, *, by: Account) -> LoginSession:
    """The account's own session, or any for an admin. Raises NotFound otherwise."""
    row = db.session.get(LoginSession, session_id)
    if row is None or not (row.account_id == by.id or by.is_admin):
        raise NotFound("There is no such session.")
    return row


def end_session(row: LoginSession, *, by: Actor) -> None:
    """End the session. Idempotent."""
    if row.ended_at is None:
        row.ended_at = now()
        record("session.ended", row, by=by, target=f"accounts/{row.account_id}")


def end_sessions(account: Account, *, but: LoginSession | None = None, by: Actor) -> int:
    """End all sessions of an account except `but`; returns how many."""
    rows = [row for row in _open(account) if row is not but]
    for row in rows:
        end_session(row, by=by)
    return len(rows)


def _open(account: Account) -> list[LoginSession]:
    query = select(LoginSession).where(
        LoginSession.account_id == account.id, LoginSession.ended_at.is_(None)
    )
    return list(db.session.scalars(query))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
