"""Every row of an ops database, to be compared before and after."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

Rows = dict[str, dict[Any, dict[str, Any]]]


def all_rows(data: Path) -> Rows:
    """By table and rowid."""
    with closing(sqlite3.connect(data / "ops.sqlite3")) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: rows_of(connection, name) for (name,) in names}


def rows_of(connection: sqlite3.Connection, table: str) -> dict[Any, dict[str, Any]]:
    found = connection.execute(f'SELECT rowid AS "_row", * FROM "{table}"')
    return {row["_row"]: dict(row) for row in found}


def lost(before: Rows, after: Rows) -> list[str]:
    return [
        f"{table} {row}"
        for table, rows in before.items()
        for row in rows
        if row not in after.get(table, {})
    ]


def changed(before: Rows, after: Rows) -> set[str]:
    """Table and column of each value that is another one now."""
    return {
        f"{table}.{column}"
        for table, rows in before.items()
        for row, values in rows.items()
        for column, value in values.items()
        if after[table].get(row, {}).get(column) != value and row in after[table]
    }


def added(before: Rows, after: Rows) -> dict[str, int]:
    counts = {table: len(rows) - len(before.get(table, {})) for table, rows in after.items()}
    return {table: count for table, count in counts.items() if count}
