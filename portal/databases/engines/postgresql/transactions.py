"""The transaction of a change: its lock, its time-outs, and what ends it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Conflict, Refused, Unavailable
from portal.databases.engines.base import Busy, first_line
from portal.databases.engines.postgresql.owners import fix_of
from portal.databases.engines.postgresql.server import sqlstate

LOCK = 0x74616C6B6261636B
"""The number of the advisory lock for schema changes; each database has its own."""

LOCK_PATIENCE = 15.0
POLL = 0.1
TIMEOUTS = {
    "lock_timeout": "2s",  # a session waiting for a table makes all others behind it wait
    "statement_timeout": "30min",
    "idle_in_transaction_session_timeout": "30min",
}
OUTLIVES_A_CLIENT = "1s"
LOCK_NOT_AVAILABLE, QUERY_CANCELED, INSUFFICIENT = "55P03", "57014", "42501"

_HOLDER = (
    "SELECT a.application_name, a.pid, a.backend_start FROM pg_locks AS l"
    " JOIN pg_stat_activity AS a ON a.pid = l.pid JOIN pg_database AS d ON d.oid = l.database"
    " WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()"
    " AND (l.classid::bigint << 32) + l.objid::bigint = %s"
)


def take_lock(raw: Any) -> None:
    """Poll instead of waiting: a queued session makes others wait behind it. Raises Conflict."""
    raw.autocommit = True
    raw.execute(f"SET client_connection_check_interval = '{OUTLIVES_A_CLIENT}'")
    end = time.monotonic() + LOCK_PATIENCE
    while not raw.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()[0]:
        if time.monotonic() > end:
            raise _locked(raw.execute(_HOLDER, (LOCK,)).fetchone())
        time.sleep(POLL)
    raw.autocommit = False


def _locked(holder: tuple[Any, ...] | None) -> Conflict:
    name, pid, since = holder or ("somebody", "?", None)
    when = f", since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    return Conflict(
        f"Another change of this database is under way: {name}, process {pid} of the"
        f" server{when}. Nothing was changed.",
        remedy="Wait until it has ended, and try again.",
    )


def refuse_outside(transaction: RootTransaction, connection: Connection, *_statement: Any) -> None:
    """Raises Refused after a statement that commits on its own, like CREATE INDEX CONCURRENTLY: it
    can't be rolled back with the change."""
    if not transaction.is_active or connection.get_transaction() is not transaction:
        raise outside()


def outside() -> Refused:
    return Refused(
        "A revision left the transaction of its change, which can't be undone as a whole then.",
        remedy="Do what can't be in a transaction in a revision of its own, by hand.",
    )


@contextmanager
def for_people(url: URL, address: str) -> Iterator[None]:
    """Turn time-outs into sentences; the transaction has been rolled back by then."""
    try:
        yield
    except DBAPIError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise Busy(
                f"A table of {address} stayed locked for {TIMEOUTS['lock_timeout']}."
                " Nothing was changed.",
                remedy="Find out who reads or writes for so long, or try again later.",
            ) from error
        if sqlstate(error) == INSUFFICIENT and (fix := fix_of(url, first_line(error))):
            raise Refused(f"{first_line(error)} Nothing was changed.", remedy=fix) from error
        if sqlstate(error) == QUERY_CANCELED:
            raise Unavailable(
                f"A statement took longer than {TIMEOUTS['statement_timeout']}."
                " Nothing was changed.",
                remedy="Make the change in smaller steps.",
            ) from error
        raise
