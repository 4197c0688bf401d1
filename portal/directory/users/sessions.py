"""Login sessions of the site: rows that can be listed and ended."""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.users.models import SiteAccount, SiteSession

IDLE = timedelta(days=14)
LONGEST = timedelta(days=60)


def open_session(
    user: User, *, address: str | None = None, user_agent: str | None = None
) -> tuple[SiteSession, str]:
    """Create a session; returns it and its token, which is stored nowhere. Within
    `changing_directory`."""
    token = secrets.token_urlsafe(32)
    row = SiteSession(
        user_id=user.id,
        token_hash=hash_of(token),
        address=address,
        user_agent=(user_agent or "")[:300] or None,
    )
    db.session.add(row)
    db.session.flush()
    return row, token


def live_session(token: str) -> SiteSession | None:
    """The session of this token, unless it ended, timed out, or its account is blocked."""
    query = (
        select(SiteSession)
        .outerjoin(SiteAccount, SiteAccount.user_id == SiteSession.user_id)
        .options(joinedload(SiteSession.user))
        .where(SiteSession.token_hash == hash_of(token), SiteSession.ended_at.is_(None))
        .where(SiteAccount.blocked_at.is_(None))
    )
    row = db.session.scalar(query)
    at = now()
    if row is None or not (
        at - row.last_seen_at < IDLE and at - row.created_at < LONGEST and row.created_at <= at
    ):
        return None
    return row


def end_sessions(user_id: int, *, but: int | None = None) -> None:
    """End the sessions of a user except the one with the id `but`. Within `changing_directory`."""
    query = update(SiteSession).where(
        SiteSession.user_id == user_id, SiteSession.ended_at.is_(None)
    )
    if but is not None:
        query = query.where(SiteSession.id != but)
    db.session.execute(query.values(ended_at=now()))


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()
