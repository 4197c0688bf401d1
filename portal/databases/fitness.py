"""Whether this process may serve its directory: asked before every public page and as each
transaction begins.

It asks the directory and its own memory only: public pages never touch ops. A process that lost
ops and has its lease beside the directory goes on, read-only; one that lost both closes. A
database whose file was moved is still served, since a site must not go down over a hint; only
changes wait.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from portal.core.database import DirectoryModel, db
from portal.core.errors import Unavailable
from portal.core.settings import settings
from portal.databases.labels import BrokenLabel, label_there, portal_identity
from portal.databases.maintenance import NOTICE, notice_there, portal_maintenance
from portal.databases.revisions import revision_there
from portal.databases.targets import APPLICATION
from portal.jobs.leases import holds_lease, may_serve

READ_ONLY = "The directory is read-only for a moment, so nothing was saved. Try again soon."
NOT_SAVED = "The directory is being worked on; nothing was saved."
BACK_SOON = "The directory is being worked on. It comes back by itself."
STANDING = "portal.standing"

_serves: set[str] = set()


@dataclass(frozen=True)
class Standing:
    """What a transaction found as it began: why it can't be served, what visitors are told."""

    unfit: str | None
    notice: str | None = None


def declare(serves: frozenset[str]) -> None:
    """Say which revisions this code can work with; once, when the application is made."""
    _serves.clear()
    _serves.update(serves)


def why_unfit() -> str | None:
    """One sentence when the directory can't be served by this process now, else None."""
    if not may_serve():
        return "This process could not renew its leases, so a change may be under way."
    return _found().unfit


def require_fit() -> str | None:
    """What visitors are told while the directory is read-only; None when there is nothing to say.

    Raises Unavailable; the visitor learns that it will pass, the reason is for staff.
    """
    if not may_serve() or (found := _found_by_session()).unfit:
        raise Unavailable(BACK_SOON)
    return found.notice if holds_lease() else NOTICE


def why_read_only(connection: Connection) -> str | None:
    """Why nothing may be written in the transaction that begins: `refuse_writes` asks it.

    Maintenance mode, or code that can't serve what is there. A database without an identity is
    nobody's: no page is served from it, nothing guards it.
    """
    connection.info[STANDING] = None
    tables = set(inspect(connection).get_table_names())
    has_notice = portal_maintenance.name in tables
    found = Standing(
        _why_database_unfit(connection, tables), notice_there(connection) if has_notice else None
    )
    connection.info[STANDING] = found
    if not _serves or portal_identity.name not in tables:
        return None
    if found.notice or not holds_lease():
        return READ_ONLY
    return NOT_SAVED if found.unfit else None


def _found() -> Standing:
    """Asked as a transaction begins, like any other."""
    try:
        with db.engine.connect() as connection, connection.begin():
            found: Standing | None = connection.info[STANDING]
    except DBAPIError:
        found = None
    return found or Standing(f"The {settings().env.value} database can't be reached.")


def _found_by_session() -> Standing:
    """In the transaction in which the page is then read: it is asked once."""
    try:
        found: Standing | None = db.session.connection().info[STANDING]
    except DBAPIError:
        db.session.rollback()
        found = None
    return found or Standing(f"The {settings().env.value} database can't be reached.")


def _why_database_unfit(connection: Connection, tables: set[str]) -> str | None:
    env = settings().env.value
    if not _stands(connection, portal_identity.name, tables):
        return f"The database at {env}'s address has no identity."
    try:
        label = label_there(connection)
    except BrokenLabel:
        return f"The identity of the database at {env}'s address can't be read."
    if label is None or (label.application, label.environment) != (APPLICATION, env):
        stands = label.environment if label else "nothing"
        return f"The database at {env}'s address says it is {stands}."
    revision = revision_there(connection) if "alembic_version" in tables else None
    if revision not in _serves:
        return f"The database is at revision {revision}, which this release can't serve."
    expected = sorted(set(DirectoryModel.metadata.tables) - tables)
    if missing := [each for each in expected if not _stands(connection, each, tables)]:
        return f"The database is missing {', '.join(missing)}."
    return None


def _stands(connection: Connection, name: str, tables: set[str]) -> bool:
    """Also in another schema than the first of the search path, where unqualified names lead."""
    return name in tables or inspect(connection).has_table(name)
