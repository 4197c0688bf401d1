"""Clock differences between machines: a timestamp written by a wrong clock permits nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session, scoped_session

from portal.core.clock import now
from portal.core.errors import Refused
from portal.core.page import current_page
from portal.core.storage.database import db
from portal.core.storage.ops_version import TableVersions

AHEAD = timedelta(seconds=30)
"""The tolerated difference between two clocks. A later time was written by a wrong clock."""

Asked = Connection | Session | scoped_session[Any]


def ops_moment(asked: Asked = db.session) -> datetime:
    """The current time for timestamps that processes compare in the ops database.

    On PostgreSQL the server's clock, the same for all processes, as read when a page began; with
    SQLite this machine's.
    """
    bound = asked if isinstance(asked, Connection) else db.engines["ops"]
    if bound.dialect.name == "sqlite":
        return now()
    page = current_page()
    if page and isinstance(page.version, TableVersions) and not isinstance(asked, Connection):
        return page.version.moment
    query = select(func.clock_timestamp())
    if isinstance(asked, Connection):
        found: datetime = asked.execute(query).scalar_one()
    else:
        found = asked.execute(query, bind_arguments={"bind": bound}).scalar_one()
    return found.astimezone(UTC)


def is_ahead(at: datetime, *, of: datetime | None = None) -> bool:
    """Whether a time is so far in the future that a wrong clock must have written it."""
    return at > (of or now()) + AHEAD


def both_times(at: datetime, present: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC, and here it is {present:%Y-%m-%d %H:%M:%S} UTC"


def require_past(what: str, at: datetime | None) -> None:
    """Raises Refused for a time that only a wrong clock can have written."""
    present = now()
    if at is not None and is_ahead(at, of=present):
        raise Refused(
            f"A clock is wrong: {what} at {both_times(at, present)}. Nothing was changed.",
            remedy="Correct the clocks, then repeat that step.",
        )
