"""Restore by swap: restored next to the live database, compared, and swapped in by two renames.

The rename locks the live database first; from then on no client can connect to it, and connected
clients are terminated. Both renames are one transaction of the server: a kill at any moment leaves
either the old or the new database in place, and open to connections.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Refused, Unavailable
from portal.databases.engines.base import Busy
from portal.databases.engines.content import Prepare
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.catalog.catalog import place_objects
from portal.databases.engines.postgresql.content import content_of
from portal.databases.engines.postgresql.copies.copy import (
    new_name,
    restore_into,
    restore_remaining,
)
from portal.databases.engines.postgresql.engine import PostgresqlEngine
from portal.databases.engines.postgresql.leases import PostgresqlLeases
from portal.databases.engines.postgresql.marks import write_mark
from portal.databases.engines.postgresql.server import quoted
from portal.jobs.leases.places import LeaseStoreFault

AGAIN = 0.05
IN_USE = "55006"
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datid = CAST(:oid AS oid) AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
)
_RIGHTS = text(
    "SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END"
    " FROM pg_database AS d CROSS JOIN aclexplode(d.datacl) AS a"
    " LEFT JOIN pg_roles AS r ON r.oid = a.grantee WHERE d.datname = :name"
)
_SETTINGS = text(
    "SELECT CASE s.setrole WHEN 0 THEN '' ELSE quote_ident(pg_get_userbyid(s.setrole)) END,"
    " split_part(each, '=', 1), substr(each, strpos(each, '=') + 1)"
    " FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase,"
    " unnest(s.setconfig) AS each WHERE d.datname = :name"
)
LISTS = {"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"}
"""Settings whose value is a list of names, each quoted if necessary."""

BY_HAND = ("event trigger ", "publication ", "subscription ")
_LEASE_RIGHTS = text(
    "SELECT a.privilege_type, c.relname, quote_ident(r.rolname)"
    " FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a"
    " JOIN pg_roles AS r ON r.oid = a.grantee WHERE a.grantee <> c.relowner"
    " AND c.oid = ANY(ARRAY[to_regclass('public.portal_leases'),"
    " to_regclass('public.portal_lease_place')])"
)
_MARK_OF = text(
    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"
)


def restore(
    backup: Path,
    url: URL,
    *,
    folder: Path,
    digest: str,
    database_uuid: str,
    prepare: Prepare | None = None,
    mark: str | None = None,
) -> list[str]:
    """Replace the live database with a dump. `digest`: of the content that the restore must give.

    Returns what a person has to do by hand, because rights for it are missing. Raises Refused or
    Busy, and then the live database is as it was.
    """
    live = url.database or ""
    fresh, old = new_name(url, "restore", folder), new_name(url, "replaced", folder)
    restore_into(fresh, backup, url)
    with server.reading(url.set(database=fresh)) as connection:
        if content_of(connection).digest != digest:
            raise Refused("The backup no longer restores to what was verified.")
    left = [f"Not given again: {each}" for each in restore_remaining(fresh, backup, url)]
    if prepare:
        prepare(url.set(database=fresh))
    with suppress(LeaseStoreFault):
        PostgresqlLeases(fresh, url.set(database=fresh)).make()
    with PostgresqlEngine(url).changing():
        pass  # no other client is connected
    with server.maintaining(url) as connection:
        _give_the_same_rights(connection, live, fresh)
        left += _give_the_same_settings(connection, live, fresh)
        _give_the_same_lease_rights(url, fresh)
    left += _differing_owners(url, fresh)
    _swap(url, live, fresh, old, words=mark_of(backup, database_uuid, mark))
    _carry_leases(url, old)
    return left


def _carry_leases(url: URL, old: str) -> None:
    """Copy the leases over, including the latest: the replaced database has no clients any more.

    Until that is done the place has another number, so that the gate stays closed; if it fails,
    until every live process was observed to write again.
    """
    try:
        with suppress(LeaseStoreFault):
            replaced = PostgresqlLeases(old, url.set(database=old))
            PostgresqlLeases(url.database or "", url).take_over(replaced)
    finally:
        with server.maintaining(url) as connection:
            shut = f"ALTER DATABASE {quoted(connection, old)} ALLOW_CONNECTIONS false"
            connection.exec_driver_sql(shut)


def mark_of(backup: Path, database_uuid: str, mark: str | None = None) -> str:
    words = f"database {database_uuid}, restored from {backup.stem}"
    return f"{words}, {mark}" if mark else words


def holds_restored(backup: Path, url: URL, database_uuid: str, mark: str | None = None) -> bool:
    """Whether the live database is one that a restore of this backup, with this mark, put there."""
    with server.maintaining(url) as connection:
        comment = connection.execute(_MARK_OF, {"name": url.database}).scalar_one_or_none()
    return mark_of(backup, database_uuid, mark) in (comment or "")


def _swap(url: URL, live: str, fresh: str, old: str, *, words: str) -> None:
    with server.maintaining(url) as connection:
        oid = server.oid_of(connection, live)
    try:
        with _ending_sessions(url, oid), server.deciding(url) as connection:
            _rename(connection, live, old)
            _rename(connection, fresh, live)
            write_mark(connection, words, live, like=old)
    except DBAPIError as error:
        if server.sqlstate(error) != IN_USE:
            raise
        raise Busy(
            f"Somebody's session in {live} can't be ended, so nothing was restored.",
            remedy="Ask the server's administrator to end it.",
        ) from error


def _rename(connection: Connection, name: str, to: str) -> None:
    connection.exec_driver_sql(
        f"ALTER DATABASE {quoted(connection, name)} RENAME TO {quoted(connection, to)}"
    )


@contextmanager
def _ending_sessions(url: URL, oid: int | None) -> Iterator[None]:
    """Terminate every session of a database repeatedly while the block runs.

    The rename waits five seconds for them, holding the lock that keeps new ones out.
    """
    done = threading.Event()

    def end() -> None:
        with suppress(DBAPIError, Unavailable), server.maintaining(url) as connection:
            while not done.wait(AGAIN):
                connection.execute(_END, {"oid": oid})

    ending = threading.Thread(target=end, name="ending sessions", daemon=True)
    ending.start()
    try:
        yield
    finally:
        done.set()
        ending.join()


def _give_the_same_lease_rights(url: URL, fresh: str) -> None:
    """Rights on the lease tables: a dump does not contain them either."""
    with server.reading(url) as connection:
        rights = connection.execute(_LEASE_RIGHTS).all()
    if not rights:
        return
    with server.connected(url.set(database=fresh)) as connection, connection.begin():
        for right, name, role in rights:
            connection.exec_driver_sql(f"GRANT {right} ON public.{name} TO {role}")


def _give_the_same_rights(connection: Connection, live: str, fresh: str) -> None:
    """The right to connect: a dump does not contain it."""
    for right, role in connection.execute(_RIGHTS, {"name": live}).all():
        connection.exec_driver_sql(
            f"GRANT {right} ON DATABASE {quoted(connection, fresh)} TO {role}"
        )


def _give_the_same_settings(connection: Connection, live: str, fresh: str) -> list[str]:
    """Settings of the database, such as its search_path: a dump does not contain them either.

    Returns the commands that this role may not run.
    """
    failed = []
    for role, name, value in connection.execute(_SETTINGS, {"name": live}).all():
        given = value if name in LISTS else "'" + value.replace("'", "''") + "'"
        whose = f"ALTER ROLE {role} IN DATABASE" if role else "ALTER DATABASE"
        tail = f"SET {_quoted_setting(name)} = {given}"
        try:
            connection.exec_driver_sql(f"{whose} {quoted(connection, fresh)} {tail}")
        except DBAPIError:
            failed.append(f"Not given again: {whose} {quoted(connection, live)} {tail};")
    return failed


def _quoted_setting(name: str) -> str:
    """`extension.name` is quoted as two identifiers."""
    return ".".join(f'"{each}"' for each in name.split("."))


def _differing_owners(url: URL, fresh: str) -> list[str]:
    """What is this role's in the live database, or missing, and differs in the restored one."""
    with server.reading(url) as connection:
        was = place_objects(connection)
    with server.reading(url.set(database=fresh)) as connection:
        becomes = place_objects(connection)
    owners = [
        f"{name.removeprefix('owner of ')} belonged to {owner} and belongs to {becomes[name]} now:"
        " alter its owner if that is wrong."
        for name, owner in was.items()
        if name.startswith("owner of ") and becomes.get(name, owner) != owner
    ]
    missing = [
        f"{name} was not made again: a superuser makes it."
        for name in was
        if name.startswith(BY_HAND) and name not in becomes
    ]
    return [each[0].upper() + each[1:] for each in owners + missing]
