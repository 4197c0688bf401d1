"""Login sessions of the site: rows that can be listed and ended."""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from portal.core.clock import now
from portal.core.errors import NotFound, Unavailable
from portal.core.storage.database import changing_directory, db
from portal.directory.models import User
from portal.directory.users.models import SiteAccount, SiteSession

IDLE = timedelta(days=14)
LONGEST = timedelta(days=30)
"""No longer than the signature of the cookie, which Flask accepts for 31 days."""
SEEN_EVERY = timedelta(minutes=1)


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
    return row if row and _is_live(row, now()) else None


def live_sessions(user_id: int) -> list[SiteSession]:
    """The sessions in use of a person, latest first."""
    query = select(SiteSession).where(
        SiteSession.user_id == user_id, SiteSession.ended_at.is_(None)
    )
    rows = db.session.scalars(query.order_by(SiteSession.last_seen_at.desc(), SiteSession.id))
    return [row for row in rows if _is_live(row, now())]


def ends_at(row: SiteSession) -> datetime:
    """When it ends without further use."""
    return min(row.last_seen_at + IDLE, row.created_at + LONGEST)


def end_session(session_id: int, user_id: int) -> None:
    """Raises NotFound for a session that is not this person’s. Ending it twice is no error."""
    with changing_directory():
        row = db.session.get(SiteSession, session_id)
        if row is None or row.user_id != user_id:
            raise NotFound("There is no such session.")
        row.ended_at = row.ended_at or now()


def mark_seen(session_id: int, last_seen_at: datetime) -> None:
    """Note that a session is in use, at most once a minute. While the directory is read-only
    nothing is noted: the page is shown all the same. Not within another transaction."""
    at = now()
    if at - last_seen_at < SEEN_EVERY:
        return
    query = update(SiteSession).where(SiteSession.id == session_id)
    with suppress(Unavailable), changing_directory():
        db.session.execute(
            query.values(last_seen_at=at).execution_options(synchronize_session=False)
        )


def end_sessions(user_id: int, *, but: int | None = None) -> None:
    """End the sessions of a user except the one with the id `but`. Within `changing_directory`."""
    query = update(SiteSession).where(
        SiteSession.user_id == user_id, SiteSession.ended_at.is_(None)
    )
    if but is not None:
        query = query.where(SiteSession.id != but)
    ended = query.values(ended_at=now()).execution_options(synchronize_session=False)
    db.session.execute(ended)


def _is_live(row: SiteSession, at: datetime) -> bool:
    """A session from the future, written by a wrong clock, is none."""
    return row.created_at <= at < ends_at(row)


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()
