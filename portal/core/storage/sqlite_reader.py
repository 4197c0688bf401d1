"""A read-only connection to the SQLite file at a path, for a query that each page runs first."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from portal.core.storage.sqlite import may_do

Answer = TypeVar("Answer")
Question = Callable[[sqlite3.Connection, int, os.stat_result], Answer]

_opened = count()


class SqliteReader(Generic[Answer]):
    """Opens another connection if another file is at the path, and after a fork.

    `patience`: seconds to wait for the lock, and for the answer. Thread safe.
    """

    def __init__(self, file: Path, *, patience: float) -> None:
        self._file, self._patience = str(file), patience
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._place: tuple[int, int, int] = (0, 0, 0)
        self._number = 0

    def ask(self, question: Question[Answer]) -> Answer | None:
        """The result of `question`, which gets the connection, its number (unique in this process)
        and the file's status. None if it could not be read in time."""
        if not self._lock.acquire(timeout=self._patience):
            return None
        try:
            facts = os.stat(self._file)  # noqa: PTH116 — called by each page
            return question(self._connected(facts), self._number, facts)
        except (sqlite3.Error, OSError):
            self._close()
            return None
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _connected(self, facts: os.stat_result) -> sqlite3.Connection:
        place = facts.st_dev, facts.st_ino, os.getpid()
        if self._connection is not None and place == self._place:
            return self._connection
        if place[2] == self._place[2]:  # a process must not use or close its parent's connection
            self._close()
        self._connection = self._open()
        self._place, self._number = place, next(_opened)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{Path(self._file).as_uri()}?mode=ro",
            uri=True,
            timeout=self._patience,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.set_authorizer(may_do)
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
