"""Connections over which a range of the log is read."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from portal.audit.chain.ranges import Ask

if TYPE_CHECKING:
    from sqlalchemy import Connection

BUSY_SECONDS = 15


def asking(connection: "Connection") -> Ask:
    """Over a connection of this process, in its transaction."""
    if connection.dialect.name == "sqlite":
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        return lambda query: _rows(driver, query)

    def ask(query: str) -> Sequence[Any]:
        with connection.exec_driver_sql(query) as result:
            return result.cursor.fetchall() if result.cursor else []

    return ask


@contextmanager
def reading_file(file: Path) -> Iterator[Ask]:
    """Over a read-only connection of its own, in one snapshot, without SQLAlchemy."""
    uri = f"{file.as_uri()}?mode=ro"
    with closing(
        sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    ) as connection:
        connection.execute("BEGIN")
        yield lambda query: _rows(connection, query)


def _rows(connection: sqlite3.Connection, query: str) -> Sequence[Any]:
    """Also of rows with bytes that are stored as text, and are none: so they are named as bad."""
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        before, connection.text_factory = connection.text_factory, _any_text
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.text_factory = before


def _any_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@contextmanager
def reading_server(address: str) -> Iterator[Ask]:
    """The same on a server."""
    from sqlalchemy import create_engine  # noqa: PLC0415 — takes longer to load than a range
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
    with engine.connect() as opened:
        yield asking(opened.execution_options(postgresql_readonly=True))
