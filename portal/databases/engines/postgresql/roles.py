"""Two roles: the worker's owns the database and may change its schema, the site's may not.

Each right beyond that is reported in a sentence, so that a manual grant does not go unnoticed.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from portal.databases.engines.postgresql import own_guard
from portal.databases.engines.postgresql.catalog.owned import GIVE_ALL, OBJECTS
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

ONLY_READ = text(
    "SELECT r.rolname FROM pg_roles AS r WHERE r.rolname = ANY(:roles) AND NOT r.rolsuper"
    " AND NOT EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema'"
    " AND n.nspname NOT LIKE 'pg\\_%' AND (pg_has_role(r.oid, c.relowner, 'MEMBER')"
    " OR has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    " OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')))"
)
"""Of these roles, those that may write to no table of this database."""

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


_CREATE_ROLE = (
    "DO $talkback$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {literal}) THEN"
    " RAISE NOTICE 'Role % is there already, and is left as it is.', {literal};"
    " ELSE CREATE ROLE {name} {attributes}; END IF; END $talkback$"
)
_OF_WORKER = "LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION"
_OF_SITE = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"


def script(site: URL, worker: URL) -> list[str]:
    """What a superuser runs before anything else, also again; passwords are set separately.

    A role that is there keeps its attributes: it may be somebody's. The last part gives what is in
    the database to the worker's role, of any owner; psql stops before it where the database is not
    there yet.
    """
    own, name = _quoted(worker.username), _quoted(site.database)
    return [
        _create_role(worker.username, _OF_WORKER),
        f"GRANT pg_signal_backend TO {own}",
        _create_role(site.username, _OF_SITE),
        f"-- from here on only where the database {name} is there already",
        f"\\connect {name}",
        f"ALTER DATABASE {name} OWNER TO {own}",
        GIVE_ALL.format(
            database=_literal(site.database),
            role=_literal(worker.username),
            objects=OBJECTS.strip(),
        ),
    ]


def _create_role(role: str | None, attributes: str) -> str:
    return _CREATE_ROLE.format(literal=_literal(role), name=_quoted(role), attributes=attributes)


def _quoted(name: str | None) -> str:
    return '"' + (name or "").replace('"', '""') + '"'


def _literal(name: str | None) -> str:
    return "'" + (name or "").replace("'", "''") + "'"


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
