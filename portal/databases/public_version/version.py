"""The version of a directory's public content: an epoch, which is random, and numbers.

A number is raised in the transaction that changes its subject; pages that were cached under another
version are not served again. A restore, a sync and a migration begin a new epoch, since numbers
start again there. The tables are beside the content (`engines.beside`): in no digest, copy or sync.
If they are missing, nothing is raised, and no process caches a page.
"""

import logging
import secrets
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from portal.core.errors import PortalError
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.beside import (
    VERSIONS_TABLE,
    of_versions,
    portal_epoch,
    portal_versions,
)
from portal.databases.targets.config import Target

log = logging.getLogger(__name__)

LISTS = 0
"""Raised by every change that the public sees: the start page, the search."""
EVERY_STUDIO = -1
"""Raised by what may be on any studio's page. The page of studio 12 depends on 12 and on this."""
UNSEEN = -2
"""Raised by writes that the public doesn't see, such as a counter. No page depends on it; it tells
such a write from an unannounced one (see `asking`).
"""
MOST_AT_ONCE = 50
"""More studios than this in one transaction count as all of them."""


def begin_epoch(connection: Connection) -> None:
    """All cached pages are out of date when this transaction commits. Creates the tables.

    Only for a connection that may create tables of the product's own.
    """
    engine_for(connection.engine.url).lead_to_own_tables(connection)
    of_versions.create_all(connection)
    connection.execute(delete(portal_versions))
    connection.execute(delete(portal_epoch))
    connection.execute(insert(portal_epoch).values(epoch=str(uuid4())))


def renew_epoch(target: Target) -> None:
    """Begin an epoch in its own transaction. On failure no page is cached until the next check."""
    engine = engine_for(target.url)
    try:
        with engine.changing(SchemaAccess.OWN_TABLES) as connection:
            begin_epoch(connection)
            engine.protect(connection)
    except (DBAPIError, PortalError) as error:
        log.warning("No epoch could begin in %s: %s", target.name, type(error).__name__)


def has_epoch(connection: Connection) -> bool:
    if not has_versions(connection):
        return False
    return connection.execute(select(portal_epoch.c.epoch)).first() is not None


def raise_version(connection: Connection, studio_id: int | None = None) -> None:
    """Raise it in the transaction of a change that the public sees; without a studio: for any page.

    Code that writes through `db.session` need not call it: `directory.seen_changes` does.
    """
    raise_versions(connection, {studio_id})


def raise_versions(connection: Connection, studios: set[int | None]) -> None:
    if not has_versions(connection):
        return
    is_any = None in studios or len(studios) > MOST_AT_ONCE
    scopes = {EVERY_STUDIO} if is_any else {each for each in studios if each is not None}
    for scope in sorted({LISTS, *scopes}):
        raise_one(connection, scope)


def note_unseen(connection: Connection) -> None:
    """Called in the transaction of a write that no page shows: counters, drained events."""
    if has_versions(connection):
        raise_one(connection, UNSEEN)


HAS = {
    "sqlite": f"SELECT 1 FROM sqlite_master WHERE name = '{VERSIONS_TABLE}'",  # noqa: S608
    "postgresql": "SELECT 1 FROM (VALUES ('SELECT'), ('INSERT'), ('UPDATE')) AS r (needed)"  # noqa: S608
    f" HAVING bool_and(has_table_privilege(to_regclass('{VERSIONS_TABLE}'), needed))",
}
ON_SQLITE = text(
    f"INSERT INTO {VERSIONS_TABLE} (scope, slot, number) VALUES (:scope, 0, 1)"  # noqa: S608
    " ON CONFLICT (scope, slot) DO UPDATE SET number = number + 1"
)
"""A writer holds the file's only lock anyway."""
ON_POSTGRESQL = text(
    f"WITH mine AS (SELECT scope, slot FROM {VERSIONS_TABLE} WHERE scope = :scope"  # noqa: S608
    " ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED),"
    f" raised AS (UPDATE {VERSIONS_TABLE} AS v SET number = v.number + 1 FROM mine"
    " WHERE v.scope = mine.scope AND v.slot = mine.slot RETURNING 1)"
    f" INSERT INTO {VERSIONS_TABLE} (scope, slot, number)"
    " SELECT :scope, :slot, 1 WHERE NOT EXISTS (SELECT 1 FROM raised)"
)
"""Uses a row that no other transaction has locked, or a new one: there are as many rows as there
were concurrent writers, they are summed, and no writer waits for another.
"""


def has_versions(connection: Connection) -> bool:
    """Whether this role has access to the tables: a missing right must not roll back a change.
    Without the right to raise a number, caches stay out of date as long as after a manual write.
    """
    return connection.exec_driver_sql(HAS[connection.dialect.name]).first() is not None


def raise_one(connection: Connection, scope: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(ON_POSTGRESQL, {"scope": scope, "slot": secrets.randbits(62)})
    else:
        connection.execute(ON_SQLITE, {"scope": scope})
