"""PostgreSQL: whether both roles can connect, with what rights, and how much room is left.

The catalogue says why a connection fails, so it is asked through whichever database of the server
answers: the target, another one, or by the role of the sites.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from portal.core.configuration.settings import settings
from portal.databases.engines.base import first_line
from portal.databases.engines.postgresql import server
from portal.databases.preflight.findings import ALL, NOTHING, Found, Stops, Subject
from portal.databases.sessions.limits import ALLOWED, SITE_TO_OWN, server_of, why_too_few

AT_ONCE = 6
"""Connections that a backup, a restore or a change has open at the same moment, at most."""
_ROLE = text("""
SELECT quote_ident(d.datname) AS database, quote_ident(pg_get_userbyid(d.datdba)) AS owner,
    d.datallowconn AS is_open, d.datconnlimit AS database_limit, quote_ident(r.rolname) AS role,
    r.rolcanlogin AS may_log_in, r.rolsuper AS is_super, r.rolcreatedb AS may_make,
    r.rolconnlimit AS role_limit, coalesce(r.rolvaliduntil <= now(), false) AS is_expired,
    pg_has_role(r.oid, 'pg_signal_backend', 'USAGE') AS may_end,
    pg_has_role(r.oid, d.datdba, 'USAGE') AS owns,
    has_database_privilege(r.oid, d.oid, 'CONNECT') AS may_connect,
    (SELECT count(*) FROM pg_stat_activity WHERE usesysid = r.oid) AS of_role,
    (SELECT count(*) FROM pg_stat_activity AS a WHERE a.datid = d.oid) AS of_database
FROM pg_roles AS r, pg_database AS d WHERE r.rolname = :role AND d.datname = :database
""")
_USED = text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")


def reach(subject: Subject) -> Iterator[Found]:
    """Connects as the worker's role; if that fails, `roles` says why, where it can be asked."""
    try:
        with server.open_postgresql(subject.url).connect():
            return
    except OperationalError as error:
        subject.reached = False
        why = first_line(error)
    yield Found(
        f"Nothing can connect to {subject.engine.address} as {subject.url.username}: {why}",
        f"Check {subject.target.variable}; what the server says of the role and the database"
        " is named below, where it could be asked.",
        ALL,
    )


def roles(subject: Subject) -> Iterator[Found]:
    """The rights of the worker's role, and what keeps either role from connecting."""
    with _somewhere(subject) as connection:
        role = _worker(subject, connection)
        row = _row(connection, subject, role)
        if row is None:
            yield from _not_there(connection, subject, role)
            return
        yield from _barred(row, ALL)
        yield from _closed(row)
        yield from _lacking(row)
        if subject.site is not None:
            yield from _of_site(connection, subject)


def site(subject: Subject) -> Iterator[Found]:
    """Connects as the sites' role: what a password or the server's own rules refuse shows only
    here."""
    if subject.site is None:
        return
    try:
        with server.open_postgresql(subject.site).connect():
            return
    except OperationalError as error:
        yield Found(
            f"The sites can't connect as {subject.site.username}, so they serve nothing:"
            f" {first_line(error)}",
            f"Check the address of the sites, then run: flask databases roles {subject.name}",
        )


def room(subject: Subject) -> Iterator[Found]:
    """Connections that are left for a backup, a restore or a change."""
    with _somewhere(subject) as connection:
        whole, most = connection.execute(ALLOWED).one()
        used = connection.execute(_USED).scalar_one()
        there = server_of(subject.url, settings())
        too_few = why_too_few(there, connection) if there else None
        row = _row(connection, subject, _worker(subject, connection))
        of_sites = _row(connection, subject, subject.site.username) if subject.site else None
    if (free := whole - used) < AT_ONCE:
        yield Found(
            f"The server has {free} of {whole} connections left, and {AT_ONCE} are open at once"
            " during a backup, a restore or a change.",
            "End sessions that are not needed, or as a superuser, with a restart of the"
            f" server: ALTER SYSTEM SET max_connections = {most + 2 * SITE_TO_OWN};",
            ALL,
        )
    if too_few:
        yield Found(too_few, in_check=False)
    if row is not None:
        yield from _limits(row)
    if of_sites is not None and 0 <= of_sites.role_limit < SITE_TO_OWN:
        yield Found(
            f"{of_sites.role} may open {of_sites.role_limit} connections, and one process of a"
            f" site opens up to {SITE_TO_OWN}: pages will fail under load.",
            f"ALTER ROLE {of_sites.role} CONNECTION LIMIT -1;",
        )


def writable(subject: Subject) -> Iterator[Found]:
    with subject.reading() as connection:
        query = "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')"
        is_standby, read_only = connection.exec_driver_sql(query).one()
        me = connection.exec_driver_sql("SELECT quote_ident(current_user)").scalar_one()
        here = connection.exec_driver_sql("SELECT quote_ident(current_database())").scalar_one()
    if is_standby:
        yield Found(
            "The server is a standby, which takes no write: no copy can be verified on it, and"
            " nothing can be changed.",
            f"Point {subject.target.variable} to the primary server.",
            ALL,
        )
    if read_only == "on":
        yield Found(
            f"Sessions of {me} in {here} are read-only by default (default_transaction_read_only).",
            (
                f"ALTER ROLE {me} RESET default_transaction_read_only;",
                f"ALTER DATABASE {here} RESET default_transaction_read_only;",
            ),
            (Stops.RESTORE, Stops.CHANGE),
        )


@contextmanager
def _somewhere(subject: Subject) -> Iterator[Connection]:
    """A connection to any database of the server, by either role. Raises the last failure."""
    addresses = [each for each in (subject.url, subject.site) if each is not None]
    places = [way for each in addresses for way in (each, *_others(each))]
    for place in places[:-1]:
        try:
            opened = server.open_postgresql(place).connect()
        except OperationalError:
            continue
        with opened:
            yield opened
        return
    with server.connected(places[-1]) as connection:
        yield connection


def _others(url: URL) -> list[URL]:
    return [url.set(database=name) for name in server.MAINTENANCE if name != url.database]


def _worker(subject: Subject, connection: Connection) -> str:
    """An address without a user leaves it to the environment."""
    if subject.url.username:
        return subject.url.username
    return str(connection.exec_driver_sql("SELECT current_user").scalar_one())


def _row(connection: Connection, subject: Subject, role: str | None) -> Any:
    given = {"role": role, "database": subject.url.database}
    return connection.execute(_ROLE, given).one_or_none()


def _not_there(connection: Connection, subject: Subject, role: str) -> Iterator[Found]:
    database = subject.url.database
    if server.oid_of(connection, database) is None:
        yield Found(
            f"The server has no database {database}.",
            f"Check {subject.target.variable}, or put a backup there: flask databases"
            f" restore {subject.name} BACKUP",
            ALL,
        )
        return
    yield Found(
        f"The server has no role {role}, as which the worker connects.",
        f"As a superuser, what this shows: flask databases roles {subject.name} --script",
        ALL,
    )


def _barred(row: Any, stops: tuple[Stops, ...]) -> Iterator[Found]:
    """What keeps a role from connecting at all."""
    if not row.may_log_in:
        yield Found(f"{row.role} may not log in.", f"ALTER ROLE {row.role} LOGIN;", stops)
    if row.is_expired:
        sql = f"ALTER ROLE {row.role} VALID UNTIL 'infinity';"
        yield Found(f"The password of {row.role} has expired.", (sql,), stops)
    if not row.may_connect:
        sql = f"GRANT CONNECT ON DATABASE {row.database} TO {row.role};"
        yield Found(
            f"{row.role} may not connect to {row.database}: it has no CONNECT.", (sql,), stops
        )


def _closed(row: Any) -> Iterator[Found]:
    if not row.is_open:
        sql = f"ALTER DATABASE {row.database} ALLOW_CONNECTIONS true;"
        yield Found(f"{row.database} takes no connections.", sql, ALL)


def _lacking(row: Any) -> Iterator[Found]:
    """Rights that the worker's role needs beyond connecting."""
    if not (row.may_make or row.is_super):
        yield Found(
            f"{row.role} may not make databases, and a backup is verified in one of its own.",
            f"ALTER ROLE {row.role} CREATEDB;",
            ALL,
        )
    if not row.may_end:
        yield Found(
            f"{row.role} may not end sessions, which a restore does before it swaps databases.",
            f"GRANT pg_signal_backend TO {row.role};",
            (Stops.RESTORE,),
        )
    if not row.owns:
        yield Found(
            f"{row.database} belongs to {row.owner}, not to {row.role}, which may neither rename"
            " it for a restore nor write the mark by which it is known.",
            f"ALTER DATABASE {row.database} OWNER TO {row.role};",
            (Stops.RESTORE, Stops.CHANGE),
        )


def _of_site(connection: Connection, subject: Subject) -> Iterator[Found]:
    """Adoption and `roles` grant to the sites' role, and fail where there is none."""
    role = subject.site.username if subject.site else None
    row = _row(connection, subject, role)
    if row is not None:
        yield from _barred(row, NOTHING)
    elif server.oid_of(connection, subject.url.database) is not None:
        yield Found(
            f"The server has no role {role}, as which the sites connect: nothing can be granted"
            " to it, so the database can't be adopted or served.",
            f"As a superuser, what this shows: flask databases roles {subject.name} --script",
            (Stops.CHANGE,),
        )


def _limits(row: Any) -> Iterator[Found]:
    for limit, used, whose, sql in (
        (row.role_limit, row.of_role, row.role, f"ALTER ROLE {row.role}"),
        (row.database_limit, row.of_database, row.database, f"ALTER DATABASE {row.database}"),
    ):
        if 0 <= limit < used + AT_ONCE and not row.is_super:
            yield Found(
                f"{whose} has a limit of {limit} connections (CONNECTION LIMIT), {used} are open,"
                f" and {AT_ONCE} more are open at once during a backup, a restore or a change.",
                f"{sql} CONNECTION LIMIT -1;",
                ALL,
            )
