"""A question to a PostgreSQL database, on a few connections that are used for nothing else.

They are opened by a thread of their own, so that whoever asks never waits for a server that does
not answer; until one is there, nothing is known.
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
"""Connections of one process."""
AGAIN = 1.0
"""Seconds before it is tried once more to open one."""
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
        """`tables`: of the content, which must be there."""
        self._url = url
        self._tables = sorted(tables)
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        """Connections of a process that forked are its own."""
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
            return None  # it was renamed, and another stands in its place
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
        import psycopg  # noqa: PLC0415 — loaded where it is used

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
        """Below psycopg's connections, whose cursors wait for as long as it takes."""
        from psycopg import conninfo, pq  # noqa: PLC0415 — loaded where it is used

        words = self._url.get_dialect()().create_connect_args(self._url)[1]
        told = {"connect_timeout": 2, **words, "application_name": session_name()}
        connection = pq.PGconn.connect(conninfo.make_conninfo(**told).encode())
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
        """Where the table of maintenance mode is made later, this question says so and is put
        anew: an epoch of none is nobody's."""
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
    """Raises OperationalError for what the server refused."""
    import psycopg  # noqa: PLC0415 — loaded where it is used

    if result.status not in {psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK}:
        raise psycopg.OperationalError("refused")
    return result


def _ask(opened: _Opened, studio: int) -> tuple[Any, ...] | None:
    """None for no answer."""
    import psycopg  # noqa: PLC0415 — loaded where it is used

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


#: Of these columns a number is asked; the others are texts.
_INT8, _INT4, _NUMERIC = 20, 23, 1700


def _value(result: Any, column: int) -> object:
    raw = result.get_value(0, column)
    if raw is None:
        return None
    if result.ftype(column) in {_INT8, _INT4, _NUMERIC}:
        return int(raw)
    return raw.decode("utf-8", "replace")
