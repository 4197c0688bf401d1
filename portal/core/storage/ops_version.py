"""Whether anything was committed to the ops database; read by each page before its queries.

SQLite provides `data_version`, which changes with every commit of any other process or connection,
on a connection that is used for nothing else. On PostgreSQL triggers count the transactions that
wrote to each table that pages show, also outside of the product (revision 0025).
"""

import os
import sqlite3
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger
from sqlalchemy.engine import URL
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.configuration.settings import sqlite_path
from portal.core.storage.database import OpsModel
from portal.core.storage.postgresql_reader import PostgresqlReader
from portal.core.storage.sqlite_reader import SqliteReader

PATIENCE = 1.0
"""Seconds; then the version is unknown."""
MOST = 2
"""Connections per process that ask a server."""
LONGEST = 60
"""Seconds for which a server's version counts at most, as its owner may turn triggers off."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

QUESTION = (
    "SELECT current_database(),"
    " (SELECT oid::text FROM pg_database WHERE datname = current_database()),"
    " (SELECT string_agg(v.about || '=' || t.tgrelid || '.' || v.number, ' ')"
    " FROM ops_versions AS v"
    " JOIN pg_trigger AS t ON t.tgrelid = to_regclass(v.about)"
    " WHERE t.tgname = 'raise_version' AND t.tgenabled = 'A'),"
    " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
)
"""A table whose trigger is missing, or does not always fire, has no version."""


class TableVersion(OpsModel):
    """A table's version, on PostgreSQL: written by triggers alone."""

    __tablename__ = "ops_versions"

    about: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class TableVersions:
    """The versions of single tables, by name, and the server's clock when they were read."""

    place: Hashable
    numbers: Mapping[str, str]
    moment: datetime = field(compare=False)

    def of(self, tables: frozenset[str]) -> Hashable | None:
        """The version of what was read from these tables; None if it is unknown."""
        numbers = tuple(self.numbers.get(each) for each in sorted(tables))
        return None if not numbers or None in numbers else (self.place, numbers)


class OpsVersion:
    """Fast, thread safe, and safe after a fork."""

    def __init__(
        self, url: URL, *, name: Callable[[], str] = lambda: "talkback", most: int = MOST
    ) -> None:
        """`name`: of sessions at a server; `most`: connections to it."""
        file = sqlite_path(url)
        self._url = url
        self._reader = SqliteReader[Hashable](file, patience=PATIENCE) if file else None
        self._server = PostgresqlReader(url, lambda _look: QUESTION, name=name, most=most)

    def ask(self) -> Hashable | TableVersions | None:
        """If two results are equal, nothing was committed in between, and the database is the
        same."""
        return self._reader.ask(_version) if self._reader else self._versions()

    def close(self) -> None:
        self._server.close()

    def _versions(self) -> TableVersions | None:
        row = self._server.ask(patience=PATIENCE)
        if row is None or row[0] != self._url.database:  # it was renamed, another has its name
            return None
        minute = int(time.monotonic() // LONGEST)
        place = row[1], os.getpid(), self._server.losses, minute
        numbers = dict(each.split("=") for each in (row[2] or "").split())
        return TableVersions(place, numbers, BEGINNING + timedelta(microseconds=row[3]))


def _version(connection: sqlite3.Connection, number: int, facts: os.stat_result) -> Hashable:
    """The file's mtime and size detect writes that bypass SQLite."""
    ((moved,),) = connection.execute("PRAGMA data_version").fetchall()
    return number, moved, facts.st_mtime_ns, facts.st_size
