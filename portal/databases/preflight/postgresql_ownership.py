"""PostgreSQL: who owns schemas, tables and the rest, and what both roles may do with them."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from portal.databases.engines.postgresql.catalog.owned import OBJECTS
from portal.databases.engines.postgresql.names import no_extension
from portal.databases.engines.postgresql.own_guard import READ_ONLY
from portal.databases.engines.postgresql.owners import why_unreadable
from portal.databases.preflight.findings import (
    ALL,
    NAMED_AT_MOST,
    NOTHING,
    Found,
    Stops,
    Subject,
    counted,
)

FIRST_OF_USERS = 16384
"""Roles below this number belong to the server, which lets nothing be taken from them at once."""
_STOPS = """CASE
    WHEN o.kind IN ('TABLE', 'FOREIGN TABLE') THEN true
    WHEN o.kind = 'ROUTINE' THEN o.words LIKE '%.portal\\_guard()'
    WHEN o.kind = 'SCHEMA' THEN EXISTS (SELECT 1 FROM pg_namespace AS n
        WHERE quote_ident(n.nspname) = o.words AND NOT has_schema_privilege(n.oid, 'CREATE')
        AND (n.nspname = 'public' OR n.oid = (SELECT c.relnamespace FROM pg_class AS c
            WHERE c.oid = to_regclass('alembic_version'))))
    WHEN o.kind IN ('VIEW', 'MATERIALIZED VIEW') THEN :granting AND EXISTS (
        SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND format('%I.%I', n.nspname, c.relname) = o.words
        AND NOT has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'))
    ELSE false END"""
"""Tables: which ones a change alters is not known before it runs. A routine and a schema: what the
guard puts there. A view: without a right on it none can be granted to the sites' role."""
_OTHERS = text(f"""
SELECT {_STOPS} AS stops, o.kind, o.words, quote_ident(r.rolname) AS owner, r.oid::bigint AS role,
    quote_ident(current_user) AS me,
    EXISTS (SELECT 1 FROM pg_shdepend AS s WHERE s.refclassid = 'pg_authid'::regclass
        AND s.refobjid = r.oid AND s.deptype = 'o' AND s.dbid = 0
        AND NOT (s.classid = 'pg_database'::regclass AND s.objid =
            (SELECT oid FROM pg_database WHERE datname = current_database()))) AS owns_beyond
FROM ({OBJECTS}) AS o JOIN pg_roles AS r ON r.oid = o.owner
WHERE NOT pg_has_role(o.owner, 'USAGE')
    AND NOT (o.kind = 'SCHEMA' AND r.rolname = 'pg_database_owner')
ORDER BY r.rolname, stops DESC, o.place, o.words
""")  # noqa: S608
_STOPPED = (
    "a change that alters them fails, though its rehearsal on a copy succeeds, and neither the"
    " guard's own trigger nor grants can be put on them."
)
_NOTED = "a change that alters or drops them fails, and nothing else does."
_BARRED_OBJECTS = text(
    "SELECT l.oid::text, quote_ident(pg_get_userbyid(l.lomowner)), quote_ident(current_user)"
    " FROM pg_largeobject_metadata AS l WHERE NOT pg_has_role(l.lomowner, 'USAGE')"
    " AND NOT EXISTS (SELECT 1 FROM aclexplode(l.lomacl) AS a WHERE a.privilege_type = 'SELECT'"
    " AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))"
    " AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) ORDER BY 1"
)
_UNSERVED = text(f"""
SELECT format('%I.%I', n.nspname, c.relname) AS words, string_agg(w, ', ' ORDER BY w) AS lacks
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS w
WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' AND {no_extension("pg_class", "c.oid")}
    AND NOT has_table_privilege(:role, c.oid, w)
    AND (w = 'SELECT' OR c.relname <> ALL(:read_only))
GROUP BY 1 ORDER BY 1
""")  # noqa: S608


def owners(subject: Subject) -> Iterator[Found]:
    """Objects of other roles: of each owner those that stop changes, and the others as a note."""
    with subject.reading() as connection:
        rows = connection.execute(_OTHERS, {"granting": subject.site is not None}).all()
    for (owner, stops), found in groupby(rows, key=lambda row: (row.owner, row.stops)):
        yield _of_another(str(owner), list(found), stops=stops)


def _of_another(owner: str, rows: list[Any], *, stops: bool) -> Found:
    me, kinds = rows[0].me, [row.kind for row in rows]
    each = [counted(kinds.count(kind), kind.lower()) for kind in dict.fromkeys(kinds)]
    fix = [f"REASSIGN OWNED BY {owner} TO {me};"]
    if not _is_reassigned(rows[0]):
        fix = [f"ALTER {row.kind} {row.words} OWNER TO {me};" for row in rows]
    *first, last = each
    return Found(
        f"{', '.join(first)}{' and ' if first else ''}{last} belong{'s' if len(rows) == 1 else ''}"
        f" to {owner}, not to {me}: {_STOPPED if stops else _NOTED}",
        ("A superuser runs in this database:", *fix),
        (Stops.CHANGE,) if stops else NOTHING,
        tuple(f"{row.kind.lower()} {row.words}" for row in rows[:NAMED_AT_MOST]),
        len(rows),
    )


def _is_reassigned(row: Any) -> bool:
    """`REASSIGN OWNED` takes other databases of that role along, and refuses the server's own."""
    return row.role >= FIRST_OF_USERS and not row.owns_beyond


def readable(subject: Subject) -> Iterator[Found]:
    """As the worker's own role: a backup has to read every row of every table."""
    with subject.reading() as connection:
        why = why_unreadable(connection)
        barred = connection.execute(_BARRED_OBJECTS).all()
    if why:
        yield Found(why.sentence, (why.remedy or "",), ALL, in_check=False)
    if barred:
        me = barred[0][2]
        yield Found(
            f"{me} may not read {counted(len(barred), 'large object')}, so no dump is complete.",
            tuple(f"GRANT SELECT ON LARGE OBJECT {oid} TO {me};" for oid, *_ in barred),
            ALL,
            tuple(f"large object {oid} of {owner}" for oid, owner, _ in barred[:NAMED_AT_MOST]),
            len(barred),
        )


def site_rights(subject: Subject) -> Iterator[Found]:
    """Rows that the sites may not read or write; an adoption grants these rights."""
    if subject.site is None or subject.is_ops or not subject.judgement.fits:
        return
    with subject.reading() as connection:
        rows = _unserved(connection, subject.site.username or "")
    if rows:
        yield Found(
            f"{subject.site.username} lacks rights on {counted(len(rows), 'table')} that the sites"
            " need: pages that read or write them fail.",
            f"flask databases roles {subject.name}",
            named=tuple(f"{row.words}: {row.lacks}" for row in rows[:NAMED_AT_MOST]),
            total=len(rows),
        )


def _unserved(connection: Connection, role: str) -> list[Any]:
    query = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    if connection.execute(query, {"role": role}).first() is None:
        return []
    given = {"role": role, "read_only": list(READ_ONLY)}
    return list(connection.execute(_UNSERVED, given).all())
