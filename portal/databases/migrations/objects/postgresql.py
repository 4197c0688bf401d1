"""All objects of a PostgreSQL database, without the guard's own, extensions' and rights.

Rights are not part of a backup, so no rehearsal can compare them; the guard checks them separately
(`flask databases roles`).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, text

from portal.databases.engines.beside import MAINTENANCE_TABLE
from portal.databases.engines.postgresql.catalog.catalog import (
    as_restored,
    full_names,
    structure_objects,
)
from portal.databases.engines.postgresql.names import NO_OWN_TABLE, USERS, no_extension, qualified
from portal.databases.migrations.objects.facts import Fact
from portal.databases.migrations.objects.tokens import bare, tokens

LONG_KINDS = (
    *("materialized view", "foreign table", "foreign server"),
    *("text search configuration", "text search dictionary"),
)

_RELATIONS = f"""
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND {USERS} AND {NO_OWN_TABLE}
    AND {no_extension("pg_class", "c.oid")}
"""

_COLUMNS = f"""
SELECT {qualified("c.relname")} AS words, a.attname AS name,
    format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS is_required,
    (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
     WHERE adrelid = a.attrelid AND adnum = a.attnum) AS "default",
    (SELECT l.collname FROM pg_collation AS l JOIN pg_type AS y ON y.oid = a.atttypid
     WHERE l.oid = a.attcollation AND a.attcollation <> y.typcollation) AS collation,
    a.attgenerated AS generated, a.attidentity AS identity,
    col_description(c.oid, a.attnum) AS comment
FROM pg_attribute AS a JOIN (SELECT c.* {_RELATIONS} AND c.relkind IN ('r', 'p', 'f')) AS c
    ON a.attrelid = c.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum
"""  # noqa: S608 — built from constants of these files only

_MORE = f"""
WITH relation AS (
    SELECT c.*, {qualified("c.relname")} AS words {_RELATIONS}
)
SELECT 'option' AS kind, words, 'row level security' AS name, '' AS definition, words AS label
    FROM relation WHERE relrowsecurity
UNION ALL
SELECT 'option', words, 'FORCE ROW LEVEL SECURITY', '', words FROM relation
    WHERE relforcerowsecurity
UNION ALL
SELECT 'option', words, 'UNLOGGED', '', words FROM relation
    WHERE relpersistence = 'u' AND relkind IN ('r', 'p')
UNION ALL
SELECT 'option', words, split_part(option, '=', 1), option, words
    FROM relation, unnest(reloptions) AS option
UNION ALL
SELECT 'option', words, 'replica identity', relreplident::text, words FROM relation
    WHERE relkind IN ('r', 'p') AND relreplident <> 'd'
UNION ALL
SELECT 'option', words, 'INHERITS ' || inhparent::regclass,
    coalesce(pg_get_expr(relpartbound, oid), ''), words
    FROM relation JOIN pg_inherits ON inhrelid = oid WHERE relkind IN ('r', 'p')
UNION ALL
SELECT 'owner of sequence', words, words,
    d.refobjid::regclass || '.' || (SELECT attname FROM pg_attribute
        WHERE attrelid = refobjid AND attnum = refobjsubid), words
    FROM relation JOIN pg_depend AS d ON classid = 'pg_class'::regclass AND objid = oid
        AND refclassid = 'pg_class'::regclass AND refobjsubid > 0 AND deptype IN ('a', 'i')
    WHERE relkind = 'S'
UNION ALL
SELECT 'counter', words, words, coalesce(pg_sequence_last_value(oid), 0)::text,
    (SELECT relname FROM pg_depend AS d JOIN pg_class AS o ON o.oid = refobjid
     WHERE d.classid = 'pg_class'::regclass AND d.objid = relation.oid AND deptype IN ('a', 'i')
         AND d.refclassid = 'pg_class'::regclass AND refobjsubid > 0 LIMIT 1)
    FROM relation WHERE relkind = 'S'
UNION ALL
SELECT 'comment of', words, words, obj_description(oid, 'pg_class'), words FROM relation
    WHERE obj_description(oid, 'pg_class') IS NOT NULL
UNION ALL
SELECT 'comment of constraint', words, conname, obj_description(k.oid, 'pg_constraint'), conname
    FROM relation JOIN pg_constraint AS k ON conrelid = relation.oid
    WHERE obj_description(k.oid, 'pg_constraint') IS NOT NULL
UNION ALL
SELECT 'statistics', words, stxname, pg_get_statisticsobjdef(s.oid), stxname
    FROM relation JOIN pg_statistic_ext AS s ON stxrelid = relation.oid
"""  # noqa: S608

_UNCOMPARED = f"""
SELECT {qualified("c.relname")} {_RELATIONS} AND c.relkind IN ('m', 'f')
UNION ALL SELECT relname FROM pg_class WHERE relname = '{MAINTENANCE_TABLE}' AND relkind = 'r'
ORDER BY 1
"""  # noqa: S608


def facts_of(connection: Connection) -> list[Fact]:
    columns = list(_columns(connection))
    known: dict[str, frozenset[str]] = {}
    for fact in columns:
        if fact.kind == "column":
            known[fact.table] = known.get(fact.table, frozenset()) | {fact.name.lower()}
    found = [_object(*each, known) for each in structure_objects(connection).items()]
    constraints = {each.name for each in found if each and each.kind == "constraint"}
    with full_names(connection):
        more = [Fact(*row) for row in connection.execute(text(_MORE))]
    owners = {each.name: each.text for each in more if each.kind == "owner of sequence"}
    kept = [
        each for each in found if each and not (each.kind == "index" and each.name in constraints)
    ]
    return [*columns, *(_with_owner(each, owners) for each in [*kept, *more])]


def _with_owner(fact: Fact, owners: dict[str, str]) -> Fact:
    """A sequence that a column owns is dropped with that column and its table."""
    if fact.kind not in {"sequence", "counter", "owner of sequence"} or fact.name not in owners:
        return fact
    table, _, column = owners[fact.name].replace('"', "").rpartition(".")
    return replace(fact, table=table.removeprefix("public."), columns=frozenset({column.lower()}))


def uncompared(connection: Connection) -> list[str]:
    """Materialized views and foreign tables, and the guard's own state."""
    return list(connection.execute(text(_UNCOMPARED)).scalars())


def _columns(connection: Connection) -> Iterator[Fact]:
    with full_names(connection):
        rows = connection.execute(text(_COLUMNS)).all()
    for table, group in groupby(rows, key=lambda row: row.words):
        listed = list(group)
        yield Fact("order", table, table, ", ".join(row.name for row in listed))
        for row in listed:
            yield from _column(row)


def _column(row: Row[Any]) -> Iterator[Fact]:
    generated, default = row.generated, row.default
    attributes = {
        "column": row.type,
        "NULL": "NOT NULL" if row.is_required else "NULL",
        "default": "none" if generated else as_restored(default or "none"),
        "collation": row.collation or "that of its type",
        "generated": f"{default} ({generated})" if generated else "not at all",
        "identity": {"a": "ALWAYS", "d": "BY DEFAULT"}.get(row.identity, "none"),
        "comment": row.comment or "none",
    }
    for kind, words in attributes.items():
        yield Fact(kind, row.words, row.name, words, None, frozenset({row.name.lower()}))


def _object(words: str, definition: str, known: dict[str, frozenset[str]]) -> Fact | None:
    """One of the schema's objects, by the name that drift detection uses.

    None for what is queried separately: columns, row security, statistics.
    """
    if words.startswith(("column ", "row security of ", "statistics ")):
        return None
    kind = next((each for each in LONG_KINDS if words.startswith(f"{each} ")), None)
    kind = kind or words.partition(" ")[0]
    name = words[len(kind) + 1 :]
    kind = kind.removeprefix("materialized ")
    if kind in {"constraint", "trigger", "rule", "policy"}:
        table, name = _parted(name)
        about = _about(definition, known.get(table, frozenset())) if kind == "constraint" else None
        return Fact(kind, table, name, definition, name, about or frozenset())
    if kind == "index":
        table, about = _index(definition, known)
        return Fact(kind, table, name, definition, name, about)
    if kind == "table":  # its options are queried separately
        definition = definition.partition("|")[0]
    return Fact(kind, name, name, definition, name.partition("(")[0])


def _parted(name: str) -> tuple[str, str]:
    """`crm.people.no_empty_name` as table and name; a part with a dot is quoted."""
    found = re.fullmatch(r'(.*)\.("(?:[^"]|"")*"|[^."]*)', name, re.DOTALL)
    return (found[1], found[2].strip('"')) if found else ("", name)


def _index(definition: str, known: dict[str, frozenset[str]]) -> tuple[str, frozenset[str]]:
    table, _, rest = definition.partition(" ON ")[2].removeprefix("ONLY ").partition(" USING ")
    table = table.replace('"', "").removeprefix("public.")
    return table, _about(rest, known.get(table, frozenset()))


def _about(definition: str, columns: frozenset[str]) -> frozenset[str]:
    return frozenset(map(bare, tokens(definition))) & columns
