"""The writer's lock of an ops database on PostgreSQL: one writing transaction at a time.

SQLite has such a lock. With it, what a transaction checked (that an address is free, that another
administrator is left, that the step is still free) still holds when it writes. On PostgreSQL each
check would need a lock of its own, and one that was forgotten would be a fault of that engine only.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from portal.core.storage.sqlite import BUSY_SECONDS

LOCK = 0x74616C6B6F707321
"""The number of the advisory lock."""
LOCK_NOT_AVAILABLE = "55P03"

_TAKE = f"BEGIN; SET LOCAL lock_timeout = '{BUSY_SECONDS}s'; SELECT pg_advisory_xact_lock({LOCK})"
_READS = re.compile(
    r"\s*(SELECT|SHOW|EXPLAIN|VALUES|WITH(?!.*\b(INSERT|UPDATE|DELETE|MERGE)\b))\b", re.I | re.S
)
_ONLY_READS = "portal.only_reads"


def take_turns(engine: Engine, *, only_reads: Callable[[], bool]) -> None:
    """Every transaction of the engine takes the lock when it begins, unless it only reads.

    `only_reads` says so for the transaction that begins; the execution option `only_reads` of its
    connection does so too. A transaction that waited too long fails with `lock_not_available`.

    The driver never begins one. What only reads needs none, as each statement sees what was
    committed before it anyway; so a page is spared two questions, and a writer one. If a statement
    may write after all, the transaction begins there, with the lock, as it does on SQLite.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.autocommit = True

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = bool(connection.get_execution_options().get("only_reads") or only_reads())
        connection.info[_ONLY_READS] = False
        if not reads:
            connection.exec_driver_sql(_TAKE)
        connection.info[_ONLY_READS] = reads

    @event.listens_for(engine, "before_cursor_execute")
    def _begin_to_write(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        if connection.info.get(_ONLY_READS) and not _reads(statement):
            connection.info[_ONLY_READS] = False
            connection.exec_driver_sql(_TAKE)


@lru_cache(maxsize=500)
def _reads(statement: str) -> bool:
    return _READS.match(statement) is not None


def has_waited_in_vain(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE
