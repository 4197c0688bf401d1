"""Which tables of a SQLite file have rows that refer to nothing.

`PRAGMA foreign_key_check` decides. It reads the whole row of a parent for each row that refers to
it, once for each of its children. So the ids of a parent that several columns refer to are copied
once into a temporary table, and a table all of whose values are among these ids is proven whole.
Every other table (a value that is missing, another kind of key, no temporary table) is left to the
pragma, which gives the same answer for all of them.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.databases.engines.sqlite.connections import driver

SHARED = 2
"""Copying the ids of a parent pays off from this number of columns on."""
_REFERENCES = (
    'SELECT m.name, f.id, f."table", f."from", f."to" FROM main.sqlite_master AS m,'
    " pragma_foreign_key_list(m.name, 'main') AS f WHERE m.type = 'table'"
)
_ROWIDS = (
    "SELECT m.name, min(c.name) FROM main.sqlite_master AS m, pragma_table_info(m.name, 'main') AS"
    " c WHERE m.type = 'table' AND m.rootpage > 0 AND c.pk AND NOT EXISTS (SELECT 1 FROM"
    " pragma_index_list(m.name, 'main') AS i WHERE i.origin = 'pk') GROUP BY m.name"
    " HAVING count(*) = 1"
)
"""Tables whose primary key is the row's own number: any other key has an index of its own."""


@dataclass(frozen=True)
class _Parent:
    name: str
    key: str


@dataclass(frozen=True)
class _Reference:
    """`parent`: None unless a single column refers to the parent's rows by their own number."""

    child: str
    column: str
    parent: _Parent | None


def broken_references(connection: Connection) -> list[str]:
    """In the connection's present transaction."""
    raw = driver(connection)
    references = list(_references(raw))
    whole: set[str] = set()
    with suppress(sqlite3.Error):  # such as on a connection that may create nothing
        whole = set(_proven_whole(raw, references))
    rest = sorted({each.child for each in references} - whole)
    return sorted({row[0] for table in rest for row in _broken_rows(connection, table)})


def _broken_rows(connection: Connection, table: str) -> Iterable[tuple[str, ...]]:
    """Raises Refused if SQLite has ended the transaction meanwhile."""
    found = connection.exec_driver_sql(f"PRAGMA main.foreign_key_check({_quoted(table)})")
    return [tuple(row) for row in found]


def _references(raw: sqlite3.Connection) -> Iterator[_Reference]:
    parents = {name.lower(): _Parent(name, key) for name, key in raw.execute(_ROWIDS).fetchall()}
    rows = raw.execute(_REFERENCES).fetchall()
    columns = Counter((child, number) for child, number, *_ in rows)
    for child, number, name, column, key in rows:
        parent = parents.get(name.lower())
        names_it = parent and (key or parent.key).lower() == parent.key.lower()
        is_usual = names_it and columns[child, number] == 1
        yield _Reference(child, column, parent if is_usual else None)


def _proven_whole(raw: sqlite3.Connection, references: list[_Reference]) -> Iterator[str]:
    by_child: dict[str, list[_Reference]] = {}
    for each in references:
        by_child.setdefault(each.child, []).append(each)
    usual = {child: some for child, some in by_child.items() if all(one.parent for one in some)}
    referring = Counter(one.parent for some in usual.values() for one in some)
    with _ids_of(raw, [each for each in referring if referring[each] >= SHARED]) as ids:
        for child, some in usual.items():
            if all(one.parent in ids and _is_whole(raw, one, ids[one.parent]) for one in some):
                yield child


@contextmanager
def _ids_of(
    raw: sqlite3.Connection, parents: Iterable[_Parent | None]
) -> Iterator[dict[_Parent | None, str]]:
    """A temporary table with the ids of each parent."""
    ids: dict[_Parent | None, str] = {}
    try:
        for number, parent in enumerate(filter(None, parents)):
            ids[parent] = name = f"temp.portal_ids_{number}"
            raw.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)")
            key, table = _quoted(parent.key), _quoted(parent.name)
            raw.execute(f"INSERT INTO {name} SELECT {key} FROM main.{table} ORDER BY 1")  # noqa: S608
        yield ids
    finally:
        for name in ids.values():
            with suppress(sqlite3.Error):
                raw.execute(f"DROP TABLE {name}")


def _is_whole(raw: sqlite3.Connection, reference: _Reference, ids: str) -> bool:
    query = (
        f"SELECT 1 FROM main.{_quoted(reference.child)} AS child WHERE"  # noqa: S608
        f" child.{_quoted(reference.column)} NOT IN (SELECT id FROM {ids}) LIMIT 1"
    )
    return not raw.execute(query).fetchall()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
