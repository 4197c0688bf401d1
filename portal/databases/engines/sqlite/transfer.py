"""Rows of SQLite: read from a private copy of the pages, written by the driver itself."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_url
from portal.core.errors import Refused
from portal.databases.engines.sqlite import copy as sqlite_copy
from portal.databases.engines.sqlite.engine import SqliteEngine

CACHE_KIB = 16384
ANY_TEXT = partial(str, encoding="utf-8", errors="surrogateescape")
"""Like `any_text`, as the driver's text factory, called for each value: only if a text needs it."""


@dataclass(frozen=True)
class SqliteTransfer:
    url: URL

    @contextmanager
    def still(self, folder: Path) -> Iterator[Connection]:
        """Reads a copy: a reader that stays for minutes would let the live file's WAL grow."""
        raw = folder / "raw.sqlite3"
        sqlite_copy.pages_copy(SqliteEngine(self.url).file, raw)
        with SqliteEngine(_url(raw)).reading() as connection:
            try:
                yield connection
            except sqlite3.DatabaseError as error:
                raise Refused(f"Its rows can't be read: {type(error).__name__}.") from None
        for file in folder.glob(f"{raw.name}*"):
            file.unlink()

    def empty(self, folder: Path) -> URL:
        url = _url(folder / "scratch.sqlite3")
        engine = SqliteEngine(url)
        engine.create()
        with closing(sqlite3.connect(engine.file)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # the WAL would hold all rows too
        return url

    def rows(
        self, connection: Connection, table: str, columns: Sequence[str], *, size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        listed, done = ", ".join(map(_quoted, columns)), 0
        query = f"SELECT {listed} FROM {_quoted(table)}"  # noqa: S608
        try:
            for rows in _read(connection, query, str, size):
                done += len(rows)
                yield rows
        except sqlite3.OperationalError as error:
            if "UTF-8" not in str(error):
                raise
            query += f" LIMIT -1 OFFSET {done}"
            yield from _read(connection, query, ANY_TEXT, size)

    @contextmanager
    def loading(self, connection: Connection, tables: Sequence[str]) -> Iterator[None]:
        driver = _driver(connection)
        driver.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid"
        triggers = driver.execute(query).fetchall()
        for name, _ in triggers:
            driver.execute(f"DROP TRIGGER {_quoted(name)}")
        for table in tables:
            driver.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608
        yield
        for _, statement in triggers:
            driver.execute(statement)

    def load(
        self,
        connection: Connection,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        listed, marks = ", ".join(map(_quoted, columns)), ", ".join("?" * len(columns))
        _driver(connection).executemany(
            f"INSERT INTO {_quoted(table)} ({listed}) VALUES ({marks})",  # noqa: S608
            rows,
        )


def _read(
    connection: Connection, query: str, texts: Callable[[bytes], str], size: int
) -> Iterator[list[tuple[Any, ...]]]:
    driver = _driver(connection)
    driver.text_factory = texts
    with closing(driver.cursor()) as cursor:
        cursor.execute(query)
        while found := cursor.fetchmany(size):
            yield found


def _url(file: Path) -> URL:
    return sqlite_url("scratch", URL.create("sqlite", database=str(file)))


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
