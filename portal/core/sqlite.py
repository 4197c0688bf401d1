"""How this product talks to SQLite files.

The driver's own transaction handling begins late and commits early, which leaves DDL outside the
transaction; a writer that read first fails when another one committed in between. So the driver
is told to keep out, and a transaction that may write takes the writer's lock when it begins.
Source: "Traps" in the design's page on guarded databases.
"""

import os
import sqlite3
from collections.abc import Callable

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from portal.core.read_only import deny_reopening

BUSY_SECONDS = 15
SCHEMA_ACTIONS = frozenset(
    getattr(sqlite3, f"SQLITE_{verb}_{what}")
    for verb in ("CREATE", "DROP")
    for what in ("TABLE", "INDEX", "TRIGGER", "VIEW", "VTABLE")
) | {sqlite3.SQLITE_ALTER_TABLE, sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}

_restricted: int | None = None


def forbid_schema_changes() -> bool:
    """Let no connection that this process opens from now on change a schema or attach a file.

    For the processes that serve pages, called after the fork; a safety net and no more: whoever
    can open the file can do all of it. False when it was called in this process before.
    """
    global _restricted  # noqa: PLW0603 — one process, one rule
    if _restricted == os.getpid():
        return False
    _restricted = os.getpid()
    return True


def may_do(action: int, first: str | None, second: str | None, *_more: str | None) -> int:
    """SQLite asks this about each part of a statement, before it runs."""
    is_forbidden = action in SCHEMA_ACTIONS or (
        action == sqlite3.SQLITE_PRAGMA and (first or "").lower() == "writable_schema"
    )
    return sqlite3.SQLITE_DENY if is_forbidden else deny_reopening(action, first, second)


def open_sqlite(url: URL, *, read_only: bool = False) -> Engine:
    """An engine without a pool for one job: a check, a backup, a migration.

    With `read_only` SQLite itself refuses every write.
    """
    if read_only:
        url = url.update_query_dict({"mode": "ro"})
    engine = create_engine(url, poolclass=NullPool)
    prepare_sqlite(engine, deferred=lambda: read_only)
    return engine


def prepare_sqlite(
    engine: Engine, *, deferred: Callable[[], bool], keeps_schema: bool = False
) -> None:
    """Make transactions whole; `deferred` says whether the one that begins only reads.

    With `keeps_schema` no connection of it changes a schema, in whichever process: what does opens
    a connection for that job (`open_sqlite`), behind the guard.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased leaves no bytes behind
        if keeps_schema or _restricted == os.getpid():
            connection.set_authorizer(may_do)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if deferred() else "BEGIN IMMEDIATE")
