"""Compares the append-only triggers of the log with those that the product installs.

A matching name is not enough: a trigger that was emptied, moved to another table, disabled or added
is reported by name. So are rules and the session's role, which bypass triggers on PostgreSQL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.audit.chain.triggers import POSTGRESQL, SQLITE

TRIGGER = re.compile(r"CREATE TRIGGER (\w+) BEFORE (\w+) ON (\w+)\s")
BODY = re.compile(r"AS \$\$(.*?)\$\$", re.DOTALL)

#: Bits of pg_trigger.tgtype: for each row, before, and the events. Source: pg_trigger.h.
EACH_ROW, BEFORE = 1, 2
MOMENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}

SQLITE_FOUND = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
POSTGRESQL_FOUND = text(
    """SELECT t.tgname AS name, c.relname AS "table", t.tgenabled::text AS enabled,
        t.tgtype::int AS moment,
        t.tgqual IS NOT NULL OR t.tgnargs > 0 OR cardinality(t.tgattr::int2[]) > 0 AS narrowed,
        p.prosrc AS body, l.lanname = 'plpgsql' AND p.proconfig IS NULL AS plain
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal AND t.tgrelid = ANY (:tables ::regclass[])"""
)
POSTGRESQL_RULES = text(
    """SELECT r.rulename || ' on ' || c.relname
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE c.oid = ANY (:tables ::regclass[]) ORDER BY 1"""
)
TABLES = {"tables": list(POSTGRESQL)}


@dataclass(frozen=True)
class Trigger:
    """A trigger, actual or expected: `definition` is everything that determines its effect."""

    name: str
    table: str
    definition: tuple[object, ...]
    is_enabled: bool = True


def trigger_faults(connection: Connection) -> list[str]:
    """The faults of the log's triggers in this database, each in a few words."""
    on_sqlite = connection.dialect.name == "sqlite"
    wanted = {each.name: each for each in (_wanted_sqlite() if on_sqlite else _wanted_postgresql())}
    found = list(_found_sqlite(connection) if on_sqlite else _found_postgresql(connection))
    faults = [fault for each in wanted.values() if (fault := _fault(each, found))]
    faults += [
        f"{each.name} on {each.table} is not the product’s" for each in _others(wanted, found)
    ]
    return sorted(faults) if on_sqlite else [*sorted(faults), *_ways_around(connection)]


def _fault(wanted: Trigger, found: list[Trigger]) -> str | None:
    same = [each for each in found if (each.name, each.table) == (wanted.name, wanted.table)]
    if not same:
        return f"{wanted.name} is missing"
    if same[0].definition != wanted.definition:
        return f"{wanted.name} was replaced by another of the same name"
    return None if same[0].is_enabled else f"{wanted.name} is disabled"


def _others(wanted: dict[str, Trigger], found: list[Trigger]) -> Iterator[Trigger]:
    """Unexpected triggers on the log's tables, which could discard entries."""
    for each in found:
        known = wanted.get(each.name)
        if known is None or known.table != each.table:
            yield each


def _statements(installed: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, re.Match[str]]]:
    for statement in (each for statements in installed.values() for each in statements):
        if head := TRIGGER.search(statement):
            yield statement, head


def _wanted_sqlite() -> Iterator[Trigger]:
    for statement, head in _statements(SQLITE):
        yield Trigger(head[1], head[3], (_words(statement),))


def _found_sqlite(connection: Connection) -> Iterator[Trigger]:
    """Names and tables are compared case-insensitively, as SQLite does."""
    for name, table, sql in connection.execute(SQLITE_FOUND):
        if table.lower() in SQLITE:
            yield Trigger(name, table.lower(), (_words(sql),))


def _wanted_postgresql() -> Iterator[Trigger]:
    for statement, head in _statements(POSTGRESQL):
        body = BODY.search(statement)
        moment = MOMENTS[head[2]] | BEFORE | (0 if head[2] == "TRUNCATE" else EACH_ROW)
        yield Trigger(head[1], head[3], (moment, False, _words(body[1] if body else ""), True))


def _found_postgresql(connection: Connection) -> Iterator[Trigger]:
    for row in connection.execute(POSTGRESQL_FOUND, TABLES):
        definition = (row.moment, row.narrowed, _words(row.body), row.plain)
        yield Trigger(row.name, row.table, definition, row.enabled in {"O", "A"})


def _ways_around(connection: Connection) -> Iterator[str]:
    role = connection.scalar(text("SHOW session_replication_role"))
    if role != "origin":
        yield f"session_replication_role is {role}, which passes triggers by"
    for rule in connection.scalars(POSTGRESQL_RULES, TABLES):
        yield f"the rule {rule} is not the product’s"


def _words(sql: str) -> str:
    """The text with normalised white space."""
    return " ".join(sql.split())
