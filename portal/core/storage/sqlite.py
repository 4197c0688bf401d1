"""Transactions and restrictions of SQLite connections.

The driver's own transaction handling begins late and commits early, which leaves DDL outside the
transaction; a writer that read first fails when another one committed in between. So the driver's
handling is disabled, and a transaction that may write takes the writer's lock when it begins.
"""

import os
import sqlite3
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from portal.core.storage.read_only import deny_reopening
from portal.core.storage.urls import key_of

BUSY_SECONDS = 15
SCHEMA_ACTIONS = frozenset(
    getattr(sqlite3, f"SQLITE_{verb}_{what}")
    for verb in ("CREATE", "DROP")
    for what in (
        *("TABLE", "INDEX", "TRIGGER", "VIEW", "VTABLE"),
        *("TEMP_TABLE", "TEMP_INDEX", "TEMP_TRIGGER", "TEMP_VIEW"),
    )
    if hasattr(sqlite3, f"SQLITE_{verb}_{what}")
) | {
    *(sqlite3.SQLITE_ALTER_TABLE, sqlite3.SQLITE_REINDEX, sqlite3.SQLITE_ANALYZE),
    *(sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH),  # VACUUM attaches too
}
PRAGMAS_WITH_A_VALUE = frozenset(
    {
        *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
        *("foreign_key_list", "foreign_key_check", "integrity_check", "quick_check"),
        *("busy_timeout", "foreign_keys", "secure_delete", "query_only", "read_uncommitted"),
        *("cache_size", "temp_store", "synchronous", "wal_checkpoint"),
    }
)
"""With a value, these only read, or set something of the connection; all others are refused."""
PRAGMAS_THAT_WRITE = frozenset({"optimize", "incremental_vacuum"})
"""Also refused without a value."""
OWN = "portal_"
FILE = "portal.file"


class SchemaAccess(StrEnum):
    """The purpose for which a connection may change a schema; without one it may not."""

    SET_UP = "set-up"
    UPGRADE = "upgrade of development or of the control room's own database"
    CHANGE = "approved change"
    RESTORE = "restore"
    SYNC = "sync"
    SCRATCH = "scratch"
    OWN_TABLES = "the guard's own tables: identity, journal, maintenance mode"

    @property
    def is_narrow(self) -> bool:
        """Whether it allows only the guard's own tables."""
        return self is SchemaAccess.OWN_TABLES


_restricted: int | None = None


def forbid_schema_changes() -> bool:
    """Refuse every access in this process: its future connections cannot change a schema.

    For processes that serve pages, called after the fork. Only a safety net: anybody who can open
    the file can change it. Returns False if it was already called in this process.
    """
    global _restricted  # noqa: PLW0603 — one process, one rule
    if _restricted == os.getpid():
        return False
    _restricted = os.getpid()
    return True


def may_do(action: int, first: str | None, second: str | None, *_more: str | None) -> int:
    """SQLite's authorizer callback, called for each action of a statement when it is prepared."""
    if action == sqlite3.SQLITE_PRAGMA:
        is_forbidden = not _may_ask((first or "").lower(), second)
    elif action == sqlite3.SQLITE_FUNCTION:
        is_forbidden = (second or "").lower() == "load_extension"
    else:
        is_forbidden = action in SCHEMA_ACTIONS
    return sqlite3.SQLITE_DENY if is_forbidden else deny_reopening(action, first, second)


def _may_ask(pragma: str, value: str | None) -> bool:
    if value is None:
        return pragma not in PRAGMAS_THAT_WRITE
    return pragma in PRAGMAS_WITH_A_VALUE


def _may_do_to_own(action: int, first: str | None, second: str | None, *more: str | None) -> int:
    """For the narrow access. For an automatic index, SQLite passes the name of its table."""
    if action in {sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_INDEX}:
        table = first if action == sqlite3.SQLITE_CREATE_TABLE else second
        if (table or "").startswith(OWN):
            return sqlite3.SQLITE_OK
    return may_do(action, first, second, *more)


def open_sqlite(url: URL, *, read_only: bool = False, access: SchemaAccess | None = None) -> Engine:
    """An engine without a pool for one job: a check, a backup, a migration.

    With `read_only` SQLite itself refuses every write. A schema is changed with an `access` only.
    """
    if read_only:
        url = url.update_query_dict({"mode": "ro"})
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    prepare_sqlite(engine, deferred=lambda: read_only, access=access)
    return engine


def sqlite_reader(url: URL) -> Engine:
    """A cached engine for reading. It has no pool: each connection opens the file that exists at
    the path at that time."""
    return _reader(_Place(key_of(url), url))


@dataclass(frozen=True)
class _Place:
    key: Hashable
    url: URL = field(compare=False)


@lru_cache(maxsize=64)
def _reader(place: _Place) -> Engine:
    return open_sqlite(place.url, read_only=True)


def follow_path(engine: Engine) -> None:
    """For an engine with a pool: a connection is used as long as its file is at the path.

    Otherwise a process would go on writing into a file that was removed or replaced, and lose it.
    """
    path = (engine.url.database or "").removeprefix("file:")

    def there() -> tuple[int, int] | None:
        try:
            facts = os.stat(path)  # noqa: PTH116 — called for each transaction
        except OSError:
            return None
        return facts.st_dev, facts.st_ino

    @event.listens_for(engine, "connect")
    def _connect(_connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info[FILE] = there()

    @event.listens_for(engine, "checkout")
    def _checkout(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        if record.info.get(FILE) != there():
            raise DisconnectionError


def prepare_sqlite(
    engine: Engine, *, deferred: Callable[[], bool], access: SchemaAccess | None = None
) -> None:
    """Configure an engine's transactions: BEGIN IMMEDIATE, or a plain BEGIN if they only read.

    `deferred` says whether the transaction that begins only reads; the execution option
    `only_reads` of its connection does so too. Without an `access` none of its connections can
    change a schema, in any process.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # deleted content is overwritten
        if access is None or _restricted == os.getpid():
            connection.set_authorizer(may_do)
        elif access.is_narrow:
            connection.set_authorizer(_may_do_to_own)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("only_reads") or deferred()
        if only_reads:  # takes no lock, so BEGIN may bypass SQLAlchemy
            cast(sqlite3.Connection, connection.connection.driver_connection).execute("BEGIN")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
