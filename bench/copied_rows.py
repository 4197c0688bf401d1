"""The rows of a large directory in SQLite, copied to PostgreSQL with their index.

    python -m bench.copied_rows FILE URL

The database of the URL was set up for the demo. To fill a million studios takes PostgreSQL hours;
its own `COPY` takes minutes.
"""

import csv
import io
import sqlite3
import sys
import time
from collections.abc import Iterator

import psycopg
from psycopg import sql

from bench.many_listed import TABLES

INDEX = (
    *("derived_search", "derived_search_text", "derived_search_words", "derived_search_keys"),
    *("derived_search_sets", "derived_counts", "derived_ratings"),
    *("derived_admin", "derived_admin_sets", "derived_admin_blocks"),
)
AT_ONCE = 5000
MEMORY = "SET maintenance_work_mem = '512MB'"
VALUES = {
    "ids": r"'\x' || hex(ids)",
    "terms": "'''' || replace(terms, ' ', ''' ''') || ''''",
    "rowid": "rowid",
}
"""Columns that are written in another way, as PostgreSQL reads them."""


def copy_rows(source: sqlite3.Connection, target: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Everything in one transaction; the indexes are made when the rows are there."""
    target.execute("SET session_replication_role = replica")
    target.execute(MEMORY)
    names = [*TABLES, *INDEX]
    target.execute(sql.SQL("TRUNCATE {} CASCADE").format(_listed(names)))
    made = _indexes(target, names)
    for index, _ in made:
        target.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
    for table in names:
        began = time.perf_counter()
        _copy(source, target, table)
        print(f"{table:<24}{time.perf_counter() - began:>8.0f} s", flush=True)
    for _, definition in made:
        target.execute(definition.encode())
    target.commit()


def _indexes(
    target: "psycopg.Connection[tuple[object, ...]]", tables: list[str]
) -> list[tuple[str, str]]:
    """Those that no constraint needs, and how each is made."""
    rows = target.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes AS i WHERE i.tablename = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conname = i.indexname)",
        (tables,),
    )
    return [(str(name), str(definition)) for name, definition in rows]


def _copy(
    source: sqlite3.Connection, target: "psycopg.Connection[tuple[object, ...]]", table: str
) -> None:
    found = target.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND table_schema = current_schema() AND is_generated = 'NEVER'",
        (table,),
    )
    columns = [str(name) for (name,) in found]
    given = ", ".join(f"ifnull({VALUES.get(each, _quoted(each))}, '\\N')" for each in columns)
    rows = source.execute(f"SELECT {given} FROM {table}")
    into = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv, NULL '\\N')")
    with target.cursor().copy(into.format(sql.Identifier(table), _listed(columns))) as copy:
        for some in _written(rows):
            copy.write(some)


def _written(rows: sqlite3.Cursor) -> Iterator[str]:
    while some := rows.fetchmany(AT_ONCE):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(some)
        yield text.getvalue()


def _quoted(name: str) -> str:
    return f'"{name}"'


def _listed(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def main() -> None:
    file, url = sys.argv[1:]
    source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    with psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:")) as target:
        copy_rows(source, target)
    with psycopg.connect(
        url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True
    ) as target:
        target.execute(MEMORY)
        target.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
