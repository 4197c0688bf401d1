"""How this product talks to SQLite files.

The driver's own transaction handling begins late and commits early, which leaves DDL outside the
transaction; a writer that read first fails when another one committed in between. So the driver
is told to keep out, and a transaction that may write takes the writer's lock when it begins.
Source: "Traps" in the design's page on guarded databases.
"""

import sqlite3
from collections.abc import Callable

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

BUSY_SECONDS = 15


def open_sqlite(url: URL, *, read_only: bool = False) -> Engine:
    """An engine without a pool for one job: a check, a backup, a migration.

    With `read_only` SQLite itself refuses every write.
    """
    if read_only:
        url = url.update_query_dict({"mode": "ro"})
    engine = create_engine(url, poolclass=NullPool)
    prepare_sqlite(engine, deferred=lambda: read_only)
    return engine


def prepare_sqlite(engine: Engine, *, deferred: Callable[[], bool]) -> None:
    """Make transactions whole; `deferred` says whether the one that begins only reads."""

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if deferred() else "BEGIN IMMEDIATE")
