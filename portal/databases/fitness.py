"""Whether this process may serve its directory: asked before every public page and every write.

It asks the directory and its own memory only: public pages never touch ops. A process that lost
ops and has its lease beside the directory goes on, read-only; one that lost both closes. A
database whose file was moved is still served, since a site must not go down over a hint; only
changes wait.
"""

import re
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from portal.core.database import DirectoryModel, db
from portal.core.errors import Unavailable
from portal.core.settings import settings
from portal.databases.labels import BrokenLabel, portal_identity, read_label
from portal.databases.maintenance import NOTICE, notice
from portal.databases.revisions import current_revision
from portal.databases.targets import APPLICATION
from portal.jobs.leases import holds_lease, may_serve

READ_ONLY = "The directory is read-only for a moment, so nothing was saved. Try again soon."
WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|MERGE|TRUNCATE|COPY|WITH\b.*?\b(?:INSERT|UPDATE|DELETE))\b",
    re.IGNORECASE | re.DOTALL,
)
CHECKED = "portal.writable"
BACK_SOON = "The directory is being worked on. It comes back by itself."

_serves: set[str] = set()


def declare(serves: frozenset[str]) -> None:
    """Say which revisions this code can work with; once, when the application is made."""
    _serves.clear()
    _serves.update(serves)


def why_unfit() -> str | None:
    """One sentence when the directory can't be served by this process now, else None."""
    if not may_serve():
        return "This process could not renew its leases, so a change may be under way."
    try:
        with db.engine.connect() as connection:
            return _why_database_unfit(connection)
    except DBAPIError:
        return f"The {settings().env.value} database can't be reached."


def require_fit() -> str | None:
    """What visitors are told while the directory is read-only; None when there is nothing to say.

    Raises Unavailable; the visitor learns that it will pass, the reason is for staff.
    """
    if why_unfit():
        raise Unavailable(BACK_SOON)
    if not holds_lease():
        return NOTICE
    with db.engine.connect() as connection:
        return notice(connection)


def guard_writes(connection: Connection, _cursor: object, statement: str, *_more: Any) -> None:
    """Before rows of the directory are written, by whichever way.

    Listens to the directory's own engine: what changes its schema comes by another one. Raises
    Unavailable in maintenance mode, or when this code can't serve what is there; asked once in the
    transaction that is about to write.
    """
    transaction = connection.get_transaction()
    if not (_serves and WRITES.match(statement)) or connection.info.get(CHECKED) is transaction:
        return
    _require_writable(connection)
    connection.info[CHECKED] = transaction


def _require_writable(connection: Connection) -> None:
    """A database without an identity is nobody's: no page is served from it, nothing guards it."""
    if not inspect(connection).has_table(portal_identity.name):
        return
    if not holds_lease() or notice(connection):
        raise Unavailable(READ_ONLY)
    if _why_database_unfit(connection):
        raise Unavailable("The directory is being worked on; nothing was saved.")


def _why_database_unfit(connection: Connection) -> str | None:
    tables = set(inspect(connection).get_table_names())
    env = settings().env.value
    if portal_identity.name not in tables:
        return f"The database at {env}'s address has no identity."
    try:
        label = read_label(connection)
    except BrokenLabel:
        return f"The identity of the database at {env}'s address can't be read."
    if label is None or (label.application, label.environment) != (APPLICATION, env):
        stands = label.environment if label else "nothing"
        return f"The database at {env}'s address says it is {stands}."
    if (revision := current_revision(connection)) not in _serves:
        return f"The database is at revision {revision}, which this release can't serve."
    if missing := sorted(set(DirectoryModel.metadata.tables) - tables):
        return f"The database is missing {', '.join(missing)}."
    return None
