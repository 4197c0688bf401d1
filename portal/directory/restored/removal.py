"""Removes people with all that refers to them, by the foreign keys that a database has.

It knows no model: the database may be at any revision, and has foreign keys switched off on SQLite.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, column, delete, inspect, select, table

USERS = "users"
AT_ONCE = 500


@dataclass
class _Tables:
    """Primary keys by table, and what refers to each: table and column."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    children: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def remove_users(connection: Connection, ids: Collection[int]) -> int:
    """How many there were."""
    if not ids:
        return 0
    return _remove(connection, _tables_of(connection), USERS, "id", sorted(ids))


def _tables_of(connection: Connection) -> _Tables:
    look, found = inspect(connection), _Tables()
    for name in look.get_table_names():
        found.keys[name] = look.get_pk_constraint(name)["constrained_columns"]
        for key in look.get_foreign_keys(name):
            if len(key["constrained_columns"]) == 1 and key["referred_columns"] in ([], ["id"]):
                children = found.children.setdefault(key["referred_table"], [])
                children.append((name, key["constrained_columns"][0]))
    return found


def _remove(
    connection: Connection, tables: _Tables, name: str, by: str, values: Sequence[int]
) -> int:
    """The rows whose column is one of these values, after what refers to them."""
    removed = 0
    for begin in range(0, len(values), AT_ONCE):
        some = values[begin : begin + AT_ONCE]
        if name in tables.children:
            _remove_children(connection, tables, name, by, some)
        rows = delete(table(name, column(by))).where(column(by).in_(some))
        removed += connection.execute(rows).rowcount
    return removed


def _remove_children(
    connection: Connection, tables: _Tables, name: str, by: str, values: Sequence[int]
) -> None:
    [key] = tables.keys[name] or ["id"]
    wanted: ColumnElement[int] = column(key)
    query = select(wanted).select_from(table(name)).where(column(by).in_(values))
    ids = list(connection.scalars(query))
    for child, referring in tables.children[name] if ids else ():
        _remove(connection, tables, child, referring, ids)
