"""Rows of PostgreSQL: read from one snapshot with a server-side cursor, written with COPY."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from portal.databases.engines.content import any_text
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.catalog.catalog import tables as found_tables
from portal.databases.engines.postgresql.content import FORMATS
from portal.databases.engines.postgresql.copies.copy import new_name
from portal.databases.engines.postgresql.server import driver, quoted

_TYPES = text(
    "SELECT a.attname, t.typname FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid"
    " WHERE a.attrelid = CAST(:oid AS oid) AND a.attnum > 0 AND NOT a.attisdropped"
)
PLAIN = frozenset(
    {"bool", "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar"}
)
"""Types that the driver converts to values that rules can use; all others are read as text. Times
too: the driver can't represent `infinity` or the year 20000.
"""

_REFERENCES = text(
    "SELECT conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')"
    " FROM pg_constraint WHERE contype = 'f' AND conrelid = CAST(:oid AS oid)"
    " AND conparentid = 0 ORDER BY conname"
)
_TRIGGERS = text(
    "SELECT tgname, tgenabled::text FROM pg_trigger"
    " WHERE tgrelid = CAST(:oid AS oid) AND NOT tgisinternal AND tgenabled <> 'D'"
)
_ENABLE = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_SEQUENCES = text(
    "SELECT attname, pg_get_serial_sequence(:where, attname) FROM pg_attribute"
    " WHERE attrelid = CAST(:oid AS oid) AND attnum > 0 AND NOT attisdropped"
    " AND pg_get_serial_sequence(:where, attname) IS NOT NULL"
)


@dataclass(frozen=True)
class PostgresqlTransfer:
    url: URL

    @contextmanager
    def still(self, folder: Path) -> Iterator[Connection]:
        with server.reading(self.url) as connection:
            # a policy that hides rows from this role is an error then, and no row is missed
            connection.exec_driver_sql("SET LOCAL row_security = off")
            yield connection

    def empty(self, folder: Path) -> URL:
        name = new_name(self.url, "scratch", folder)
        with server.maintaining(self.url) as connection:
            server.create_database(connection, name, like=self.url.database)
        return self.url.set(database=name)

    def rows(
        self, connection: Connection, table: str, columns: Sequence[str], *, size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        oid, where = _place(connection, table)
        for name in ("datestyle", "timezone"):
            driver(connection).execute(f"SET LOCAL {name} = '{FORMATS[name]}'".encode())
        columns_of = connection.execute(_TYPES, {"oid": oid})
        types = {each.attname: each.typname for each in columns_of}
        listed = ", ".join(
            quoted(connection, each) + ("" if types.get(each) in PLAIN else "::text")
            for each in columns
        )
        raw = driver(connection)
        read = _without_encoding if raw.info.encoding == "ascii" else _as_it_is
        with raw.cursor(name="sync") as cursor:
            cursor.itersize = size
            cursor.execute(f"SELECT {listed} FROM ONLY {where}".encode())  # noqa: S608
            while found := cursor.fetchmany(size):
                yield read(found)

    @contextmanager
    def loading(self, connection: Connection, tables: Sequence[str]) -> Iterator[None]:
        places = [_place(connection, each) for each in tables]
        back = [do for oid, where in places for do in _disable_checks(connection, oid, where)]
        for _, where in places:
            connection.exec_driver_sql(f"TRUNCATE {where}")
        yield
        for statement in back:
            driver(connection).execute(statement.encode())
        for oid, where in places:
            _move_sequences(connection, oid, where)
        connection.exec_driver_sql("ANALYZE")  # later revisions join these tables

    def load(
        self,
        connection: Connection,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        _, where = _place(connection, table)
        listed = ", ".join(quoted(connection, each) for each in columns)
        statement = f"COPY {where} ({listed}) FROM STDIN".encode()
        with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


def _place(connection: Connection, table: str) -> tuple[int, str]:
    """Its oid, and its name for a statement."""
    oid, schema, name = found_tables(connection)[table]
    return oid, f"{quoted(connection, schema)}.{quoted(connection, name)}"


def _disable_checks(connection: Connection, oid: int, where: str) -> list[str]:
    """Drop foreign keys and disable triggers; returns the statements that restore them."""
    back = []
    for name, definition, comment in connection.execute(_REFERENCES, {"oid": oid}).all():
        key = quoted(connection, name)
        driver(connection).execute(f"ALTER TABLE {where} DROP CONSTRAINT {key}".encode())
        back.append(f"ALTER TABLE {where} ADD CONSTRAINT {key} {definition}")
        if comment:
            words = comment.replace("'", "''")
            back.append(f"COMMENT ON CONSTRAINT {key} ON {where} IS '{words}'")
    for name, state in connection.execute(_TRIGGERS, {"oid": oid}).all():
        trigger = quoted(connection, name)
        driver(connection).execute(f"ALTER TABLE {where} DISABLE TRIGGER {trigger}".encode())
        back.append(f"ALTER TABLE {where} {_ENABLE[state]} TRIGGER {trigger}")
    return back


def _move_sequences(connection: Connection, oid: int, where: str) -> None:
    """Sequences don't know the numbers that were loaded with the rows."""
    for column, sequence in connection.execute(_SEQUENCES, {"oid": oid, "where": where}).all():
        highest = f"SELECT max({quoted(connection, column)}) FROM {where}"  # noqa: S608
        connection.execute(
            text(f"SELECT setval(:sequence, coalesce(({highest}), 1), ({highest}) IS NOT NULL)"),
            {"sequence": sequence},
        )


def _as_it_is(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return rows


def _without_encoding(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """For a database of unknown encoding, the driver returns each text as bytes."""
    return [
        tuple(any_text(each) if isinstance(each, bytes) else each for each in row) for row in rows
    ]
