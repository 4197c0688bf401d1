"""Who owns the tables, and what the owners have to grant: reported by name, never skipped."""

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Refused
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.names import USERS, no_extension, qualified
from portal.databases.engines.sharing import cached_per_schema

NAMED_AT_MOST = 5
_RELATIONS = f"""
WITH me AS (SELECT * FROM pg_roles WHERE rolname = coalesce(:role, current_user))
SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
    {qualified("c.relname")} AS words, c.relname AS name, c.oid::regclass::text AS place,
    quote_ident(n.nspname) AS schema, quote_ident(pg_get_userbyid(c.relowner)) AS owner,
    quote_ident(me.rolname) AS me, has_schema_privilege(me.oid, n.oid, 'USAGE') AS enters,
    CASE c.relkind WHEN 'S' THEN has_sequence_privilege(me.oid, c.oid, 'SELECT')
        ELSE has_table_privilege(me.oid, c.oid, 'SELECT') END AS reads,
    c.relrowsecurity AND NOT (me.rolsuper OR me.rolbypassrls) AND (c.relforcerowsecurity
        OR NOT pg_has_role(me.oid, c.relowner, 'USAGE')) AS is_hidden,
    pg_has_role(me.oid, c.relowner, 'USAGE') AS owns
FROM me, pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND {USERS}
    AND {no_extension("pg_class", "c.oid")}
ORDER BY 2
"""  # noqa: S608 — built from constants only
_KEEPER = """
SELECT rolname FROM pg_roles JOIN pg_database ON datdba = pg_roles.oid
WHERE datname = current_database() AND NOT rolsuper
"""
_FULL = "SELECT set_config('search_path', 'pg_catalog', true)"


def require_readable(connection: Connection) -> None:
    """Raises Refused, with the missing grants, if this role can't read some rows."""
    if why := why_unreadable(connection):
        raise why


def why_unreadable_to_keeper(connection: Connection) -> Refused | None:
    """The same for the role that owns the database and takes its backups: a site connects as
    another role, which needs to read less. For this role if the owner is a superuser.
    """
    return cached_per_schema(connection, "unreadable to keeper", _why_unreadable_to_keeper)


def _why_unreadable_to_keeper(connection: Connection) -> Refused | None:
    keeper = connection.exec_driver_sql(_KEEPER).scalar_one_or_none()
    return why_unreadable(connection, keeper)


def why_unreadable(connection: Connection, role: str | None = None) -> Refused | None:
    rows = _relations(connection, role)
    if barred := [row for row in rows if not (row.enters and row.reads)]:
        owners = " and ".join(sorted({row.owner for row in barred}))
        return Refused(
            f"{barred[0].me} may not read {_names(barred)}, of {owners}: what is in there is not"
            " known, and no backup can hold it.",
            remedy=f"The owner or a superuser runs: {_grants(barred)}",
        )
    if hidden := [row for row in rows if row.is_hidden]:
        me = hidden[0].me
        return Refused(
            f"Row security hides rows of {_names(hidden)} from {me}: how many is not known.",
            remedy=f"A superuser runs: ALTER ROLE {me} BYPASSRLS;",
        )
    return None


def fix_of(url: URL, message: str) -> str | None:
    """After a statement that this role may not run: what the owner has to grant, from the server's
    message; None if this role owns all tables.
    """
    try:
        with server.reading(url) as connection:
            others = [row for row in _relations(connection) if not row.owns]
    except DBAPIError:
        return None
    if not others:
        return None
    others = [row for row in others if row.name in message or row.schema in message]
    if not others:
        return "What belongs to other roles, and the SQL for it: flask databases preflight TARGET"
    me = others[0].me
    owners = sorted({row.owner for row in others})
    grants = " ".join(f"GRANT {owner} TO {me};" for owner in owners)
    named, verb = _names(others), "belongs" if len(others) == 1 else "belong"
    return (
        f"{named[0].upper()}{named[1:]} {verb} to {' and '.join(owners)}. A"
        f" superuser runs: {grants} or gives it to {me}: {_alter(others)}"
    )


def _relations(connection: Connection, role: str | None = None) -> list[Any]:
    """This one query returns fully qualified names."""
    path = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar_one()
    connection.exec_driver_sql(_FULL)
    rows = list(connection.execute(text(_RELATIONS), {"role": role}).all())
    back = text("SELECT set_config('search_path', :path, true)")
    connection.execute(back, {"path": path})
    return rows


def _names(rows: list[Any]) -> str:
    named = [f"{row.kind.lower()} {row.words}" for row in rows[:NAMED_AT_MOST]]
    more = [f"{len(rows) - NAMED_AT_MOST} more"] if rows[NAMED_AT_MOST:] else []
    *first, last = named + more
    return f"{', '.join(first)} and {last}" if first else last


def _grants(rows: list[Any]) -> str:
    schemas = sorted({row.schema for row in rows if not row.enters})
    enter = [f"GRANT USAGE ON SCHEMA {schema} TO {rows[0].me};" for schema in schemas]
    barred = [row for row in rows if not row.reads]
    read = [f"GRANT SELECT ON {row.kind} {row.place} TO {row.me};" for row in barred]
    return " ".join(enter + read)


def _alter(rows: list[Any]) -> str:
    named = (f"ALTER {row.kind} {row.place} OWNER TO {row.me};" for row in rows[:NAMED_AT_MOST])
    return " ".join(named)
