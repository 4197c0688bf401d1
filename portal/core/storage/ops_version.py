"""Whether anything was committed to the ops database; read by each page before its queries.

SQLite provides `data_version`, which changes with every commit of any other process or connection,
on a connection that is used for nothing else. A server has no equivalent that is up to date, so
nothing is cached there.
"""

import os
import sqlite3
from collections.abc import Hashable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock

from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_path
from portal.core.storage.sqlite import may_do

PATIENCE = 1.0
"""Seconds to wait for the lock, and for the answer; then the version is unknown."""

_opened = count()


class OpsVersion:
    """Fast, thread safe, and safe after a fork."""

    def __init__(self, url: URL) -> None:
        file = sqlite_path(url)
        self._file = str(file) if file else None
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._place: tuple[int, int, int] = (0, 0, 0)
        self._number = 0

    def ask(self) -> Hashable | None:
        """If two results are equal, nothing was committed in between and the file is the same."""
        if self._file is None or not self._lock.acquire(timeout=PATIENCE):
            return None
        try:
            return self._ask(self._file)
        except (sqlite3.Error, OSError):
            self._close()
            return None
        finally:
            self._lock.release()

    def _ask(self, file: str) -> Hashable:
        """The file's mtime and size detect writes that bypass SQLite."""
        facts = os.stat(file)  # noqa: PTH116 — asked by each page
        place = facts.st_dev, facts.st_ino, os.getpid()
        if self._connection is None or place != self._place:
            self._open(file, place)
        assert self._connection is not None  # noqa: S101 — `_open` has just made it
        ((moved,),) = self._connection.execute("PRAGMA data_version").fetchall()
        return self._number, moved, facts.st_mtime_ns, facts.st_size

    def _open(self, file: str, place: tuple[int, int, int]) -> None:
        """Also after a fork: a connection must not be used or closed in another process."""
        if place[2] == self._place[2]:
            self._close()
        connection = sqlite3.connect(
            f"{Path(file).as_uri()}?mode=ro",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.set_authorizer(may_do)
        self._connection, self._place, self._number = connection, place, next(_opened)

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
