"""Whether anything was committed to the ops database; read by each page before its queries.

SQLite provides `data_version`, which changes with every commit of any other process or connection,
on a connection that is used for nothing else. A server has no equivalent that is up to date, so
nothing is cached there.
"""

import os
import sqlite3
from collections.abc import Hashable

from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_path
from portal.core.storage.sqlite_reader import SqliteReader

PATIENCE = 1.0
"""Seconds; then the version is unknown."""


class OpsVersion:
    """Fast, thread safe, and safe after a fork."""

    def __init__(self, url: URL) -> None:
        file = sqlite_path(url)
        self._reader = SqliteReader[Hashable](file, patience=PATIENCE) if file else None

    def ask(self) -> Hashable | None:
        """If two results are equal, nothing was committed in between and the file is the same."""
        return self._reader.ask(_version) if self._reader else None


def _version(connection: sqlite3.Connection, number: int, facts: os.stat_result) -> Hashable:
    """The file's mtime and size detect writes that bypass SQLite."""
    ((moved,),) = connection.execute("PRAGMA data_version").fetchall()
    return number, moved, facts.st_mtime_ns, facts.st_size
