"""The query of `engines.asking` on a SQLite file, and whether it is still the file at the path."""

import os
import sqlite3
from collections.abc import Hashable, Iterable
from functools import partial
from pathlib import Path

from portal.core.storage.sqlite_reader import SqliteReader
from portal.databases.engines.asking import PATIENCE, Answer, question
from portal.databases.engines.beside import MAINTENANCE_TABLE

TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"


class SqliteAsker:
    def __init__(self, file: Path, tables: Iterable[str]) -> None:
        """`tables`: of the content, which must exist."""
        self._reader = SqliteReader[Answer](file, patience=PATIENCE)
        self._tables = set(tables)
        self._schema: tuple[int, int] | None = None
        self._has_tables = False
        self._question = ""
        self._last: tuple[Hashable, ...] | None = None
        self._unannounced = 0

    def ask(self, studio: int) -> Answer | None:
        return self._reader.ask(partial(self._answer, studio))

    def close(self) -> None:
        self._reader.close()

    def _answer(
        self, studio: int, connection: sqlite3.Connection, number: int, facts: os.stat_result
    ) -> Answer:
        """The file's mtime and size reveal writes that bypassed SQLite."""
        connection.execute("BEGIN")
        try:
            ((moved,),) = connection.execute("PRAGMA data_version").fetchall()
            ((schema,),) = connection.execute("PRAGMA schema_version").fetchall()
            if (number, schema) != self._schema:
                self._look_at(connection, (number, schema))
            (row,) = connection.execute(self._question, (studio,)).fetchall()
        finally:
            connection.execute("COMMIT")
        state: Hashable = number, moved, facts.st_mtime_ns, facts.st_size
        place = facts.st_dev, facts.st_ino
        self._watch((*place, os.getpid()), (number, moved), (row[9], row[11]))
        return Answer(row, (*place, schema), state, self._unannounced, self._has_tables)

    def _watch(self, place: Hashable, moved: Hashable, numbers: Hashable) -> None:
        """Count commits that raised no version number: writes outside of the product."""
        last, self._last = self._last, (place, moved, numbers)
        if last and last[0] == place and last[1] != moved and last[2] == numbers:
            self._unannounced += 1

    def _look_at(self, connection: sqlite3.Connection, schema: tuple[int, int]) -> None:
        names = {name for (name,) in connection.execute(TABLES).fetchall()}
        self._has_tables = names >= self._tables
        has_maintenance = MAINTENANCE_TABLE in names
        self._question = question("?", "version_num", maintenance=has_maintenance)
        self._schema = schema
