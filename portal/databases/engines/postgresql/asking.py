"""The query of `engines.asking` on a PostgreSQL database, on a few dedicated connections.

A separate thread opens them, so that a page never waits for a server that does not answer; until
one is open, there is no answer.
"""

import os
import select
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL

from portal.databases.engines.asking import PATIENCE, Answer, question
from portal.databases.engines.beside import MAINTENANCE_TABLE
from portal.jobs.sessions import session_name

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

MOST = 4
"""Connections per process."""
AGAIN = 1.0
"""Seconds before another attempt to open a connection."""
NAME = b"portal_kept"
SETTINGS = (
    "SET statement_timeout = '500ms'",
    "SET lock_timeout = '50ms'",
    "SET default_transaction_read_only = on",
)


@dataclass
class _Opened:
    connection: "PGconn"
    waiting: select.poll


class PostgresqlAsker:
    def __init__(self, url: URL, tables: Iterable[str]) -> None:
        """`tables`: of the content, which must exist."""
        self._url = url
        self._tables = sorted(tables)
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        """After a fork: the connections belong to the parent process."""
        self._pid = os.getpid()
        self._free: SimpleQueue[_Opened] = SimpleQueue()
        self._count = 0
        self._is_opening = False
        self._tried = float("-inf")

    def ask(self, studio: int) -> Answer | None:
        opened = self._take()
        if opened is None:
            return None
        try:
            row = _ask(opened, studio)
        except BaseException:
            self._drop(opened)
            raise
        if row is None:
            self._drop(opened)
            return None
        self._free.put(opened)
        name, oid, tables, *rest = row
        if name != self._url.database:
            return None  # it was renamed, and another has its name
        return Answer(tuple(rest), oid, None, 0, tables == len(self._tables))

    def close(self) -> None:
        with suppress(Empty):
            while True:
                self._drop(self._free.get_nowait())

    def _take(self) -> _Opened | None:
        if self._pid != os.getpid():
            self._forget()
        with suppress(Empty):
            return self._free.get_nowait()
        self._open_one_more()
        if self._count == 0:
            return None
        try:
            return self._free.get(timeout=PATIENCE)
        except Empty:
            return None

    def _open_one_more(self) -> None:
        with self._lock:
            at = time.monotonic()
            if (
                self._is_opening
                or self._count >= MOST
                or at - self._tried < AGAIN * bool(self._count == 0)
            ):
                return
            self._is_opening, self._tried = True, at
        Thread(target=self._open, name="kept pages", daemon=True).start()

    def _open(self) -> None:
        import psycopg  # noqa: PLC0415 — loaded on use

        try:
            opened = self._connected()
        except psycopg.Error:
            opened = None
        with self._lock:
            self._is_opening = False
            if opened is not None:
                self._count += 1
        if opened is not None:
            self._free.put(opened)

    def _connected(self) -> _Opened:
        """Uses libpq directly: the cursors of psycopg's connections wait without a limit."""
        from psycopg import conninfo, pq  # noqa: PLC0415 — loaded on use

        arguments = self._url.get_dialect()().create_connect_args(self._url)[1]
        options = {"connect_timeout": 2, **arguments, "application_name": session_name()}
        connection = pq.PGconn.connect(conninfo.make_conninfo(**options).encode())
        for each in SETTINGS:
            _answered(connection.exec_(each.encode()))
        found = _answered(connection.exec_(f"SELECT to_regclass('{MAINTENANCE_TABLE}')".encode()))
        asked = self._question(maintenance=found.get_value(0, 0) is not None)
        _answered(connection.prepare(NAME, asked.encode()))
        connection.nonblocking = 1
        waiting = select.poll()
        waiting.register(connection.socket, select.POLLIN)
        return _Opened(connection, waiting)

    def _question(self, *, maintenance: bool) -> str:
        """If the maintenance table is created later, this statement returns no row and is prepared
        again: no epoch matches none.
        """
        asked = question("$1::int", "version_num", maintenance=maintenance)
        listed = ", ".join(f"to_regclass('{each}')" for each in self._tables)
        guard = "" if maintenance else f" WHERE to_regclass('{MAINTENANCE_TABLE}') IS NULL"
        return (
            "SELECT current_database(),"  # noqa: S608
            " (SELECT oid::text FROM pg_database WHERE datname = current_database()),"
            f" num_nonnulls({listed}), asked.* FROM ({asked}) AS asked{guard}"
        )

    def _drop(self, opened: _Opened) -> None:
        with self._lock:
            self._count -= 1
        with suppress(Exception):
            opened.connection.finish()


def _answered(result: "PGresult") -> "PGresult":
    """Raises OperationalError if the server refused the statement."""
    import psycopg  # noqa: PLC0415 — loaded on use

    if result.status not in {psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK}:
        raise psycopg.OperationalError("refused")
    return result


def _ask(opened: _Opened, studio: int) -> tuple[Any, ...] | None:
    """None if there is no answer."""
    import psycopg  # noqa: PLC0415 — loaded on use

    connection = opened.connection
    until = time.monotonic() + PATIENCE
    try:
        connection.send_query_prepared(NAME, [b"%d" % studio])
        connection.flush()
        row = None
        while True:
            while connection.is_busy():
                if not opened.waiting.poll(max(0.0, until - time.monotonic()) * 1000):
                    return None
                connection.consume_input()
            result = connection.get_result()
            if result is None:
                return row
            if result.status != psycopg.pq.ExecStatus.TUPLES_OK or result.ntuples != 1:
                return None
            row = tuple(_value(result, n) for n in range(result.nfields))
    except psycopg.Error:
        return None


# Column types that are read as numbers; the others are texts.
_INT8, _INT4, _NUMERIC = 20, 23, 1700


def _value(result: Any, column: int) -> object:
    raw = result.get_value(0, column)
    if raw is None:
        return None
    if result.ftype(column) in {_INT8, _INT4, _NUMERIC}:
        return int(raw)
    return raw.decode("utf-8", "replace")
