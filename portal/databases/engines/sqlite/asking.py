"""The query of `engines.asking` on a SQLite file, and whether it is still the file at the path."""

import os
import sqlite3
from collections.abc import Hashable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from portal.core.storage.sqlite import may_do
from portal.databases.engines.asking import PATIENCE, Answer, question
from portal.databases.engines.beside import MAINTENANCE_TABLE

TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"


class SqliteAsker:
    def __init__(self, file: Path, tables: Iterable[str]) -> None:
        """`tables`: of the content, which must exist."""
        self._file = str(file)
        self._tables = set(tables)
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._place: tuple[int, int, int] = (0, 0, 0)
        self._opened = 0
        self._schema: int | None = None
        self._has_tables = False
        self._question = ""
        self._last: tuple[Hashable, ...] | None = None
        self._unannounced = 0

    def ask(self, studio: int) -> Answer | None:
        if not self._lock.acquire(timeout=PATIENCE):
            return None
        try:
            return self._ask(studio)
        except (sqlite3.Error, OSError):
            self._close()
            return None
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _ask(self, studio: int) -> Answer:
        """The file's mtime and size reveal writes that bypassed SQLite."""
        facts = os.stat(self._file)  # noqa: PTH116 — called by each page
        place = facts.st_dev, facts.st_ino, os.getpid()
        if self._connection is None or place != self._place:
            self._open(place)
        connection = self._connection
        assert connection is not None  # noqa: S101 — `_open` has just made it
        connection.execute("BEGIN")
        try:
            ((moved,),) = connection.execute("PRAGMA data_version").fetchall()
            ((schema,),) = connection.execute("PRAGMA schema_version").fetchall()
            if schema != self._schema:
                self._look_at(schema)
            (row,) = connection.execute(self._question, (studio,)).fetchall()
        finally:
            connection.execute("COMMIT")
        state: Hashable = self._opened, moved, facts.st_mtime_ns, facts.st_size
        self._watch(place, (self._opened, moved), (row[9], row[11]))
        return Answer(row, (*place[:2], schema), state, self._unannounced, self._has_tables)

    def _watch(self, place: Hashable, moved: Hashable, numbers: Hashable) -> None:
        """Count commits that raised no version number: writes outside of the product."""
        last, self._last = self._last, (place, moved, numbers)
        if last and last[0] == place and last[1] != moved and last[2] == numbers:
            self._unannounced += 1

    def _open(self, place: tuple[int, int, int]) -> None:
        """Open a connection; also after a fork: a process must not use or close its parent's."""
        if place[2] == self._place[2]:
            self._close()
        connection = sqlite3.connect(
            f"{Path(self._file).as_uri()}?mode=ro",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.set_authorizer(may_do)
        self._connection, self._place = connection, place
        self._opened, self._schema = self._opened + 1, None

    def _look_at(self, schema: int) -> None:
        assert self._connection is not None  # noqa: S101
        names = {name for (name,) in self._connection.execute(TABLES).fetchall()}
        self._has_tables = names >= self._tables
        has_maintenance = MAINTENANCE_TABLE in names
        self._question = question("?", "version_num", maintenance=has_maintenance)
        self._schema = schema

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
