"""All objects of a SQLite database, without the guard's own and without statistics."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import count

from sqlalchemy import Connection

from portal.databases.engines.beside import MAINTENANCE_TABLE
from portal.databases.engines.derived import is_shadow
from portal.databases.engines.sqlite.connections import driver
from portal.databases.migrations.objects.facts import Fact
from portal.databases.migrations.objects.sqlite_table import facts_of_table
from portal.databases.migrations.objects.tokens import bare, joined, tokens

_SCHEMA = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name NOT LIKE 'portal\\_%'"
    " ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
)
_NEW = count()
Row = tuple[str, str, str, str]


def facts_of(connection: Connection) -> list[Fact]:
    found: list[Row] = [tuple(row) for row in connection.exec_driver_sql(_SCHEMA)]
    rows = [row for row in found if not is_shadow(row[2])]
    tables = [fact for row in rows if row[0] == "table" for fact in _of_table(row[1], row[3])]
    return [
        *_with_targets(tables),
        *(_object(row, tables) for row in rows if row[0] != "table"),
        *_counters(connection, rows),
        *_working(connection, rows, tables),
    ]


@lru_cache(maxsize=256)
def _of_table(name: str, sql: str) -> tuple[Fact, ...]:
    """Cached: depends on the text alone, which most revisions leave unchanged for most tables."""
    return tuple(facts_of_table(name, sql))


def _object(row: Row, tables: list[Fact]) -> Fact:
    kind, name, table, sql = row
    words = tokens(sql)
    text = joined(words)
    if kind == "view":
        return Fact("view", name, name, text, name)
    return Fact(kind, table, name, text, name, _columns(kind, table, words, tables))


def _columns(kind: str, table: str, words: list[str], tables: list[Fact]) -> frozenset[str]:
    """The columns of an index; a trigger is about more than columns."""
    if kind != "index":
        return frozenset()
    behind = words[[each.upper() for each in words].index("ON") + 2 :]
    known = {each.name.lower() for each in tables if (each.kind, each.table) == ("column", table)}
    return frozenset(map(bare, behind)) & known


def _with_targets(facts: list[Fact]) -> Iterator[Fact]:
    """A foreign key that names no column means the other table's primary key."""
    keys = {each.table.lower(): each.text for each in facts if each.kind == "primary key"}
    for fact in facts:
        target, names_none, rules = fact.text.partition(" ()")
        if fact.kind == "foreign key" and names_none and (key := keys.get(target.lower())):
            yield replace(fact, text=f"{target} {key.partition(')')[0]}){rules}")
        else:
            yield fact


def _counters(connection: Connection, rows: list[Row]) -> Iterator[Fact]:
    """Values of AUTOINCREMENT; its table exists once any table has used it."""
    query = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"
    if connection.exec_driver_sql(query).first() is None:
        return
    known = {row[1] for row in rows}
    for name, number in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence"):
        if name in known:
            yield Fact("counter", name, name, str(number or 0))


def _working(connection: Connection, rows: list[Row], tables: list[Fact]) -> Iterator[Fact]:
    """Which tables can be read and, with their triggers, written: a rebuild may break them."""
    raw = driver(connection)
    for kind, name, _, _ in rows:
        if kind == "view" and _compiles(raw, f"SELECT * FROM {_quoted(name)}"):  # noqa: S608
            yield Fact("works", name, f"reading view {name}", "", name)
    for table in sorted({row[2] for row in rows if row[0] in {"trigger", "table"}}):
        columns = [
            each.name
            for each in tables
            if (each.kind, each.table, each.text) == ("generated", table, "not at all")
        ]
        for does, sql in _writes(table, columns):
            if _compiles(raw, sql):
                yield Fact("works", table, f"{does} {table}")


def _writes(table: str, columns: list[str]) -> Iterator[tuple[str, str]]:
    where = _quoted(table)
    yield "deleting from", f"DELETE FROM {where}"  # noqa: S608
    yield "inserting into", f"INSERT INTO {where} DEFAULT VALUES"
    if columns:
        listed = ", ".join(f"{each} = {each}" for each in map(_quoted, columns))
        yield "updating", f"UPDATE {where} SET {listed}"  # noqa: S608


def _compiles(raw: sqlite3.Connection, sql: str) -> bool:
    """Nothing runs: SQLite only prepares it. The text must be new each time, since the driver
    caches prepared statements, and EXPLAIN does not check whether the schema changed.
    """
    try:
        raw.execute(f"EXPLAIN {sql} -- {next(_NEW)}").close()
    except sqlite3.Error:
        return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def uncompared(connection: Connection) -> list[str]:
    """Virtual tables (their shadow tables are compared), and the guard's state."""
    query = (
        "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' OR name = ? ORDER BY name"
    )
    return list(connection.exec_driver_sql(query, (MAINTENANCE_TABLE,)).scalars())
