"""PostgreSQL: rows that a restored copy would refuse, and values that no program of ours can read.

A foreign key or a check that holds for every new row may have old rows that break it: they came by
`session_replication_role`, disabled triggers, or before the key was valid.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from portal.databases.engines.base import first_line
from portal.databases.engines.postgresql.names import USERS, no_extension
from portal.databases.engines.postgresql.server import quoted
from portal.databases.preflight.columns import words_of
from portal.databases.preflight.findings import (
    AGAIN,
    ALL,
    NAMED_AT_MOST,
    NOTHING,
    Found,
    Subject,
    counted,
    listed,
)

Ask = Callable[[Connection, Any], Iterator[Found]]
_KEY = (
    "ARRAY(SELECT a.attname FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS k(n, place)"
    " JOIN pg_attribute AS a ON a.attnum = k.n WHERE i.indrelid = {0} AND a.attrelid = {0}"
    " AND i.indisprimary ORDER BY k.place)"
)
_NAMES = (
    "ARRAY(SELECT a.attname FROM unnest({1}) WITH ORDINALITY AS k(n, place) JOIN pg_attribute AS a"
    " ON a.attnum = k.n WHERE a.attrelid = {0} ORDER BY k.place)"
)
_CONSTRAINTS = text(f"""
SELECT o.conname AS name, n.nspname AS schema, c.relname AS table, o.convalidated AS is_valid,
    CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END AS only,
    o.confmatchtype AS match, pn.nspname AS parent_schema, p.relname AS parent,
    {_KEY.format("c.oid")} AS keys, {_NAMES.format("o.conrelid", "o.conkey")} AS columns,
    {_NAMES.format("o.confrelid", "o.confkey")} AS referred,
    pg_get_expr(o.conbin, o.conrelid) AS condition
FROM pg_constraint AS o JOIN pg_class AS c ON c.oid = o.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS p ON p.oid = o.confrelid
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE o.contype = :kind AND o.conparentid = 0 AND c.relkind IN ('r', 'p') AND {USERS}
    AND coalesce(to_jsonb(o) ->> 'conenforced', 'true') = 'true'
    AND {no_extension("pg_class", "c.oid")}
ORDER BY n.nspname <> 'public', n.nspname, c.relname, o.conname
""")  # noqa: S608 — built from constants
_MOMENTS = text(f"""
SELECT n.nspname AS schema, c.relname AS table, 'ONLY ' AS only, {_KEY.format("c.oid")} AS keys,
    array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE t.oid = ANY(ARRAY['timestamp'::regtype,
        'timestamptz'::regtype, 'date'::regtype]::oid[])) AS moments,
    array_agg(a.attname ORDER BY a.attnum) AS columns
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS d ON d.oid = a.atttypid
JOIN pg_type AS t ON t.oid = CASE d.typtype WHEN 'd' THEN d.typbasetype ELSE d.oid END
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND {USERS}
    AND {no_extension("pg_class", "c.oid")}
GROUP BY c.oid, n.nspname, c.relname ORDER BY n.nspname <> 'public', 1, 2
""")  # noqa: S608


def references(subject: Subject) -> Iterator[Found]:
    """Rows whose foreign key refers to no row: a restored copy can't have the key."""
    with subject.reading() as connection:
        keys = connection.execute(_CONSTRAINTS, {"kind": "f"}).all()
        yield from _each(connection, keys, _orphans)


def _each(connection: Connection, rows: Sequence[Any], ask: Ask) -> Iterator[Found]:
    """Ask about each constraint or table; one that can't be read ends no other."""
    barred: dict[str, list[str]] = {}
    for row in rows:
        apart = connection.begin_nested()
        try:
            yield from list(ask(connection, row))
            apart.commit()
        except DBAPIError as error:
            apart.rollback()
            barred.setdefault(first_line(error), []).append(row.table)
    for reason, tables in barred.items():
        names = listed(list(dict.fromkeys(tables)))
        yield Found(f"Rows of {names} could not be looked at: {reason}", AGAIN, is_unknown=True)


def _orphans(connection: Connection, key: Any) -> Iterator[Found]:
    child = _place(connection, key.schema, key.table)
    parent = _place(connection, key.parent_schema, key.parent)
    pairs = [(_name(connection, a), _name(connection, b))
             for a, b in zip(key.columns, key.referred, strict=True)]  # fmt: skip
    joined = " AND ".join(f"p.{theirs} = c.{own}" for own, theirs in pairs)
    all_there = " AND ".join(f"c.{own} IS NOT NULL" for own, _ in pairs)
    some = f"({' OR '.join(f'c.{own} IS NOT NULL' for own, _ in pairs)})"
    where = (
        f"{some if key.match == 'f' else all_there}"  # noqa: S608
        f" AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {joined})"
    )
    rows, total = _rows(connection, f"{child} AS c", key, where, key.columns)
    if total:
        refers = f"refer{'s' if total == 1 else ''} to no row of {key.parent}"
        yield Found(
            f"{counted(total, 'row')} of {key.table} {refers} ({key.name})"
            + (
                ", so no restored copy is accepted: no backup can be verified."
                if key.is_valid
                else "; the key is not valid yet, so copies are accepted."
            ),
            "Give them to rows that exist, or delete them:"  # noqa: S608
            f" DELETE FROM {child} AS c WHERE {where};",
            ALL if key.is_valid else NOTHING,
            rows,
            total,
        )


def checks(subject: Subject) -> Iterator[Found]:
    """Rows that break a check of their table: a restored copy refuses them."""
    with subject.reading() as connection:
        valid = [each for each in connection.execute(_CONSTRAINTS, {"kind": "c"}) if each.is_valid]
        yield from _each(connection, valid, _breaking)


def _breaking(connection: Connection, check: Any) -> Iterator[Found]:
    place = _place(connection, check.schema, check.table)
    condition = check.condition.replace("%", "%%")
    where = f"NOT ({condition})"
    rows, total = _rows(connection, place, check, where, check.columns)
    if total:
        yield Found(
            f"{counted(total, 'row')} of {check.table} break{'s' if total == 1 else ''} its"
            f" check {check.name}, so no restored copy is accepted.",
            f"Correct them, or drop the check: ALTER TABLE {place} DROP CONSTRAINT"
            f" {_name(connection, check.name)};",
            ALL,
            rows,
            total,
        )


def values(subject: Subject) -> Iterator[Found]:
    """Times without an end or outside of the years 1 to 9999, and words that the code has not."""
    with subject.reading() as connection:
        tables = connection.execute(_MOMENTS).all()
        yield from _each(connection, tables, partial(_unread_in, subject))


def _unread_in(subject: Subject, connection: Connection, each: Any) -> Iterator[Found]:
    for column in each.moments or ():
        name = _name(connection, column)
        bad = f"NOT isfinite({name}) OR {name} < '0001-01-01' OR {name} >= '10000-01-01'"
        yield from _unread(connection, each, column, bad, MOMENT)
    own = words_of(subject, each.table) if each.schema == "public" else {}
    for column, known in own.items():
        if column in each.columns:
            quoted_words = ", ".join("'" + word.replace("'", "''") + "'" for word in known)
            bad = f"{_name(connection, column)}::text NOT IN ({quoted_words})"
            meant = f"one of {', '.join(known)}"
            yield from _unread(connection, each, column, bad, meant)


MOMENT = "a time of the years 1 to 9999"


def _unread(
    connection: Connection, table: Any, column: str, bad: str, meant: str
) -> Iterator[Found]:
    place = _place(connection, table.schema, table.table)
    rows, total = _rows(connection, place, table, bad, [column])
    if total:
        yield Found(
            f"{counted(total, 'value')} of {table.table}.{column} can't be read: the code reads"
            f" {meant}. What shows or copies such a row fails.",
            "With the right value in place of …:"  # noqa: S608
            f" UPDATE {place} SET {_name(connection, column)} = … WHERE {bad};",
            NOTHING,
            rows,
            total,
        )


def _rows(
    connection: Connection, place: str, table: Any, where: str, shown: list[str]
) -> tuple[tuple[str, ...], int]:
    """The first rows by their key, with the values that are wrong, and how many there are."""
    columns = list(dict.fromkeys([*(table.keys or []), *shown]))
    listed = ", ".join(
        f"{_name(connection, each)}::text AS c{number}" for number, each in enumerate(columns)
    )
    order = ", ".join(_name(connection, each) for each in table.keys or []) or "ctid"
    query = (
        f"SELECT count(*) OVER (), {listed} FROM {table.only}{place}"  # noqa: S608
        f" WHERE {where} ORDER BY {order} LIMIT {NAMED_AT_MOST}"
    )
    found = connection.exec_driver_sql(query).all()
    named = tuple(
        f"{table.table} " + ", ".join(f"{a} = {b}" for a, b in zip(columns, row[1:], strict=True))
        for row in found
    )
    return named, found[0][0] if found else 0


def _place(connection: Connection, schema: str, name: str) -> str:
    return f"{quoted(connection, schema)}.{quoted(connection, name)}"


def _name(connection: Connection, name: str) -> str:
    return quoted(connection, name)
