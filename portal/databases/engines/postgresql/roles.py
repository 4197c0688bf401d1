"""Two roles: the worker's owns the database and may change its schema, the site's may not.

Each right beyond that is reported in a sentence, so that a manual grant does not go unnoticed.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from portal.databases.engines.postgresql import own_guard
from portal.databases.engines.postgresql.server import quoted

ROWS = "SELECT, INSERT, UPDATE, DELETE"
NUMBERS = "USAGE, SELECT"
_ATTRIBUTES = {
    "rolsuper": "is a superuser",
    "rolcreaterole": "may make roles",
    "rolcreatedb": "may make databases",
    "rolreplication": "may replicate",
    "rolbypassrls": "bypasses row security",
}
_ROLE = text(f"SELECT {', '.join(_ATTRIBUTES)} FROM pg_roles WHERE rolname = :role")  # noqa: S608
_FORCED = text("SELECT EXISTS (SELECT 1 FROM pg_class WHERE relrowsecurity)")
"""A backup has to read every row, even if row security would hide some from the owner."""

_MEMBER = text("SELECT pg_has_role(:role, :of, 'MEMBER')")
_MAY_MAKE = text(
    "SELECT has_schema_privilege(:role, 'public', 'CREATE')"
    " OR has_database_privilege(:role, current_database(), 'CREATE')"
)
_HAS = text(
    "SELECT right_ FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',"
    " 'REFERENCES', 'TRIGGER']) AS right_ WHERE has_table_privilege(:role, :table, right_)"
)
_OWNER = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
_OWNED = text(
    "SELECT count(*) FROM pg_class AS c JOIN pg_roles AS r ON r.oid = c.relowner"
    " WHERE r.rolname = :role"
)


def script(site: URL, worker: URL) -> list[str]:
    """What a superuser runs once, before anything else; passwords are set separately."""
    web, own, name = (f'"{each}"' for each in (site.username, worker.username, site.database))
    return [
        f"CREATE ROLE {own} LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION",
        f"GRANT pg_signal_backend TO {own}",
        f"CREATE ROLE {web} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION",
        f"-- where the database is there already: ALTER DATABASE {name} OWNER TO {own}",
    ]


def grant(connection: Connection, site: str, limits: Mapping[str, str]) -> None:
    """Let the site's role read and write rows, of future tables as well, and nothing more."""
    role = quoted(connection, site)
    database = quoted(connection, connection.engine.url.database)
    for command in (
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT {ROWS} ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT {NUMBERS} ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {ROWS} ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {NUMBERS} ON SEQUENCES TO {role}",
    ):
        connection.exec_driver_sql(command)
    for table, rights in limits.items():
        connection.exec_driver_sql(f"REVOKE ALL ON public.{table} FROM {role}")
        connection.exec_driver_sql(f"GRANT {rights} ON public.{table} TO {role}")
    own_guard.protect(connection)


def faults(connection: Connection, site: str, worker: str, limits: Mapping[str, str]) -> list[str]:
    """Rights that either role has in excess or lacks, a sentence each."""
    bypass = {"rolbypassrls"} if connection.execute(_FORCED).scalar() else set()
    found = _attributes(connection, worker, allowed={"rolcreatedb"} | bypass)
    found += _attributes(connection, site, allowed=set())
    if not connection.execute(_ROLE, {"role": worker}).one().rolcreatedb:
        found.append(f"{worker} may not make databases, which proving a backup needs.")
    if not connection.execute(_MEMBER, {"role": worker, "of": "pg_signal_backend"}).scalar():
        found.append(f"{worker} may not end sessions, which a restore needs.")
    if (owner := connection.exec_driver_sql(_OWNER).scalar()) != worker:
        found.append(f"The database belongs to {owner}, not to {worker}.")
    if connection.execute(_MEMBER, {"role": site, "of": worker}).scalar():
        found.append(f"{site} may become {worker}, and so change the schema.")
    if connection.execute(_MAY_MAKE, {"role": site}).scalar():
        found.append(f"{site} may make tables.")
    if connection.execute(_OWNED, {"role": site}).scalar():
        found.append(f"{site} owns tables, and so may change them.")
    return found + _beyond(connection, site, limits)


def _beyond(connection: Connection, site: str, limits: Mapping[str, str]) -> list[str]:
    """The site's rights on a table beyond its limit."""
    found = []
    for table, allowed in limits.items():
        has = connection.execute(_HAS, {"role": site, "table": f"public.{table}"}).scalars()
        if beyond := sorted(set(has) - set(allowed.split(", "))):
            found.append(f"{site} may {', '.join(beyond)} of {table}.")
    return found


def _attributes(connection: Connection, role: str, *, allowed: set[str]) -> list[str]:
    row = connection.execute(_ROLE, {"role": role}).one_or_none()
    if row is None:
        return [f"There is no role {role}."]
    has = row._mapping
    return [
        f"{role} {words}."
        for column, words in _ATTRIBUTES.items()
        if has[column] and column not in allowed
    ]
