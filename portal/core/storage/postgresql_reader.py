"""One question to a PostgreSQL database on a few connections of its own, for each page to ask.

The counterpart of `sqlite_reader`. It is prepared once for each connection. A separate thread opens
them, so that a page never waits for a server that does not answer; until one is open, there is no
answer.
"""

import os
import select
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

AGAIN = 1.0
"""Seconds before another attempt to open a connection."""
NAME = b"portal_reader"
SETTINGS = (
    "SET statement_timeout = '500ms'",
    "SET lock_timeout = '50ms'",
    "SET default_transaction_read_only = on",
)

Look = Callable[[str], str | None]
"""Executes a statement on the new connection, and returns its first value."""
Write = Callable[[Look], str]
"""Returns the question for the database as it is when the connection is opened."""


@dataclass
class _Opened:
    connection: "PGconn"
    waiting: select.poll


class PostgresqlReader:
    """Thread safe, and safe after a fork."""

    def __init__(self, url: URL, write: Write, *, name: Callable[[], str], most: int) -> None:
        """`name`: of the sessions; `most`: connections of this process."""
        self._url, self._write, self._name, self._most = url, write, name, most
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        """After a fork: the connections belong to the parent process."""
        self._pid = os.getpid()
        self._free: SimpleQueue[_Opened] = SimpleQueue()
        self._count = self._losses = 0
        self._is_opening = False
        self._tried = float("-inf")

    def ask(self, *values: bytes, patience: float) -> tuple[Any, ...] | None:
        """The one row; None if there is none within `patience` seconds. `values`: parameters."""
        opened = self._take(patience)
        if opened is None:
            return None
        try:
            row = _ask(opened, values, patience)
        except BaseException:
            self._drop(opened)
            raise
        if row is None:
            self._drop(opened)
            return None
        self._free.put(opened)
        return row

    @property
    def losses(self) -> int:
        """How many of its connections ended: another server may answer since."""
        return self._losses

    def close(self) -> None:
        with suppress(Empty):
            while True:
                self._drop(self._free.get_nowait())

    def _take(self, patience: float) -> _Opened | None:
        if self._pid != os.getpid():
            self._forget()
        with suppress(Empty):
            return self._free.get_nowait()
        self._open_one_more()
        if self._count == 0:
            return None
        try:
            return self._free.get(timeout=patience)
        except Empty:
            return None

    def _open_one_more(self) -> None:
        with self._lock:
            at = time.monotonic()
            if (
                self._is_opening
                or self._count >= self._most
                or at - self._tried < AGAIN * bool(self._count == 0)
            ):
                return
            self._is_opening, self._tried = True, at
        Thread(target=self._open, name="reader", daemon=True).start()

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
        options = {"connect_timeout": 2, **arguments, "application_name": self._name()}
        connection = pq.PGconn.connect(conninfo.make_conninfo(**options).encode())
        for each in SETTINGS:
            _answered(connection.exec_(each.encode()))

        def look(statement: str) -> str | None:
            found = _answered(connection.exec_(statement.encode())).get_value(0, 0)
            return None if found is None else found.decode()

        _answered(connection.prepare(NAME, self._write(look).encode()))
        connection.nonblocking = 1
        waiting = select.poll()
        waiting.register(connection.socket, select.POLLIN)
        return _Opened(connection, waiting)

    def _drop(self, opened: _Opened) -> None:
        with self._lock:
            self._count -= 1
            self._losses += 1
        with suppress(Exception):
            opened.connection.finish()


def _answered(result: "PGresult") -> "PGresult":
    """Raises OperationalError if the server refused the statement."""
    import psycopg  # noqa: PLC0415 — loaded on use

    if result.status not in {psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK}:
        raise psycopg.OperationalError("refused")
    return result


def _ask(opened: _Opened, values: Sequence[bytes], patience: float) -> tuple[Any, ...] | None:
    """None if there is no answer."""
    import psycopg  # noqa: PLC0415 — loaded on use

    connection = opened.connection
    until = time.monotonic() + patience
    try:
        connection.send_query_prepared(NAME, list(values))
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
