"""The writer's lock of an ops database on PostgreSQL: one writing transaction at a time.

SQLite has such a lock. With it, what a transaction checked (that an address is free, that another
administrator is left, that the step is not taken) still holds when it writes. On PostgreSQL each
check would need a lock of its own, and one that was forgotten would be a fault of that engine only.
"""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from portal.core.storage.sqlite import BUSY_SECONDS

LOCK = 0x74616C6B6F707321
"""The number of the advisory lock."""
LOCK_NOT_AVAILABLE = "55P03"

_TAKE = f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'; SELECT pg_advisory_xact_lock({LOCK})"


def take_turns(engine: Engine, *, only_reads: Callable[[], bool]) -> None:
    """Every transaction of the engine takes the lock when it begins, unless it only reads.

    `only_reads` says so for the transaction that begins; the execution option `only_reads` of its
    connection does so too. A transaction that waited too long fails with `lock_not_available`.
    """

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not (connection.get_execution_options().get("only_reads") or only_reads()):
            connection.exec_driver_sql(_TAKE)


def has_waited_in_vain(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE
