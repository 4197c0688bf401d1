"""Connections to a PostgreSQL server: named sessions, and databases created and dropped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from flask import has_app_context
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.faults.places import place_at
from portal.core.faults.sentences import fault_of
from portal.core.storage import pooled
from portal.core.storage.pooled import has_heard, roll_back_ended_sessions
from portal.databases.engines.base import Session, first_line
from portal.databases.engines.kept_file import is_unopened
from portal.databases.engines.sharing import cached_on
from portal.jobs.processes import session_name

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 5
MAINTENANCE = ("postgres", "template1")
"""Databases that every server has, for what can't be done inside the database concerned."""

SESSIONS = "sessions"
LIST_SESSIONS = (
    "SELECT coalesce(json_agg(json_build_array(coalesce(application_name, ''), usename, a.pid,"
    " client_addr, backend_start, coalesce(w.tables, '{}')) ORDER BY backend_start), '[]')"
    " FROM pg_stat_activity AS a LEFT JOIN ("
    "SELECT l.pid, array_agg(DISTINCT l.relation::regclass::text) AS tables FROM pg_locks AS l"
    " JOIN pg_database AS d ON d.oid = l.database LEFT JOIN pg_class AS c ON c.oid = l.relation"
    " WHERE l.relation >= 16384 AND c.relkind NOT IN ('i', 'I') IS NOT FALSE"
    " AND l.mode <> 'AccessShareLock' AND d.datname = current_database() GROUP BY l.pid"
    ") AS w ON w.pid = a.pid WHERE datname = current_database() AND a.pid <> pg_backend_pid()"
    " AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') IN"
    " ('client backend', 'walsender')"
)


def name_sessions(engine: Engine) -> None:
    """Name each connection of a pool after the process that opens it, forks included."""

    @event.listens_for(engine, "do_connect")
    def _name(*arguments: Any) -> None:
        arguments[-1]["application_name"] = session_name()


def open_postgresql(url: URL) -> Engine:
    """An engine without a pool for one job: a check, a backup, a migration."""
    arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": session_name()}
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    roll_back_ended_sessions(engine)
    return engine


def open_pooled(url: URL, *, keeps: int, options: str = "", owner: object = None) -> Engine:
    """An engine for pages and leases, which keeps up to this many connections open."""
    arguments: dict[str, object] = {"connect_timeout": CONNECT_SECONDS}
    if options:
        arguments["options"] = options
    engine = pooled.open_pooled(url, keeps=keeps, arguments=arguments, owner=owner)
    name_sessions(engine)
    return engine


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """A connection that may write. Raises Unavailable if the server does not answer."""
    try:
        connection = open_postgresql(url).connect()
    except OperationalError as error:
        config = settings() if has_app_context() else None  # none in a thread of leases
        if config and (fault := fault_of(error, config, about=place_at(url, config))):
            raise fault from error
        raise Unavailable(
            f"Database {url.database} can't be reached: {first_line(error)}",
            remedy="Check its address, and that the server runs.",
        ) from error
    with connection:
        yield connection


def driver(connection: Connection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def sqlstate(error: BaseException | None) -> str | None:
    """The SQLSTATE of an error, however it was wrapped."""
    import psycopg  # noqa: PLC0415 — loaded on use

    orig = error.orig if isinstance(error, DBAPIError) else error
    return orig.sqlstate if isinstance(orig, psycopg.Error) else None


@contextmanager
def reading(url: URL) -> Iterator[Connection]:
    """One snapshot, in a transaction in which PostgreSQL refuses every write."""
    with open_postgresql(url).connect() as opened:
        connection = opened.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with connection.begin():
            show_every_row(connection)
            yield connection


def is_quiet(connection: Connection) -> bool:
    """Whether its transaction is intact and the server has sent nothing unsolicited, as it does
    when it terminates a session because a database is swapped.
    """
    from psycopg.pq import TransactionStatus  # noqa: PLC0415 — loaded on use

    if is_unopened(connection):
        return True
    used = driver(connection)
    if used.closed or used.info.transaction_status is not TransactionStatus.INTRANS:
        return False
    return not has_heard(used)


def show_every_row(connection: Connection) -> None:
    """Fail if row security would hide rows, rather than read fewer."""
    connection.exec_driver_sql("SET LOCAL row_security = off")


@contextmanager
def maintaining(url: URL) -> Iterator[Connection]:
    """A connection to another database of the server; each statement commits separately."""
    with connected(_beside(url)) as opened:
        yield opened.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def deciding(url: URL) -> Iterator[Connection]:
    """Like `maintaining`, in one transaction: all of it, or nothing."""
    with connected(_beside(url)) as connection, connection.begin():
        yield connection


def _beside(url: URL) -> URL:
    """The first of them that this role can connect to; the last one if it can't connect to any."""
    *others, last = (url.set(database=name) for name in MAINTENANCE)
    for address in others:
        try:
            with open_postgresql(address).connect():
                return address
        except OperationalError:
            continue
    return last


def quoted(connection: Connection, name: str | None) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name or "")


def stands(url: URL) -> bool:
    """Whether the server has a database of that name; True if that can't be determined."""
    try:
        with open_postgresql(url).connect():
            return True
    except OperationalError:
        return is_listed(url)


def is_listed(url: URL) -> bool:
    """The same, where it could not be reached itself."""
    try:
        with maintaining(url) as connection:
            return oid_of(connection, url.database) is not None
    except Unavailable:
        return True


def system_of(url: URL) -> str:
    """Identifies a server, whichever host name was used."""
    query = text("SELECT system_identifier::text FROM pg_control_system()")
    with maintaining(url) as connection:
        return str(connection.execute(query).scalar_one())


def oid_of(connection: Connection, name: str | None) -> int | None:
    query = text("SELECT oid::bigint FROM pg_database WHERE datname = :name")
    return connection.execute(query, {"name": name}).scalar_one_or_none()


def create_database(connection: Connection, name: str, *, like: str | None = None) -> None:
    """An empty database that only its owner may connect to.

    `like`: a database whose encoding and locale are copied, so that texts are sorted and read
    alike.
    """
    made = quoted(connection, name)
    connection.exec_driver_sql(
        f"CREATE DATABASE {made} TEMPLATE template0{_alike(connection, like)}"
    )
    connection.exec_driver_sql(f"REVOKE ALL ON DATABASE {made} FROM PUBLIC")


def _alike(connection: Connection, like: str | None) -> str:
    """Columns of pg_database were renamed between versions, so the whole row is selected."""
    query = text("SELECT to_jsonb(d) FROM pg_database AS d WHERE datname = :name")
    row = connection.execute(query, {"name": like}).scalar_one_or_none()
    if row is None:
        return ""
    encoding = text("SELECT pg_encoding_to_char(:number)")
    words = {
        "ENCODING": connection.execute(encoding, {"number": row["encoding"]}).scalar_one(),
        "LC_COLLATE": row["datcollate"],
        "LC_CTYPE": row["datctype"],
    }
    locale = row.get("datlocale") or row.get("daticulocale")
    if row.get("datlocprovider") == "i":
        words |= {"LOCALE_PROVIDER": "icu", "ICU_LOCALE": locale}
    elif row.get("datlocprovider") == "b":
        words |= {"LOCALE_PROVIDER": "builtin", "BUILTIN_LOCALE": locale}
    return "".join(f" {key} {_literal(value)}" for key, value in words.items())


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def drop_databases(url: URL, names: Sequence[str]) -> None:
    """Drop those of these databases that exist, even with clients connected."""
    with maintaining(url) as connection:
        for name in names:
            connection.exec_driver_sql(
                f"DROP DATABASE IF EXISTS {quoted(connection, name)} WITH (FORCE)"
            )


def sessions_on(connection: Connection) -> list[Session]:
    """Other connected clients; a page's may have come with what it asked first."""
    rows = cached_on(
        connection, SESSIONS, lambda here: here.exec_driver_sql(LIST_SESSIONS).scalar_one()
    )
    return [
        Session(row[0], _described(*row[:5]) + _locking(row[5]), row[1], tuple(row[5]))
        for row in rows
    ]


def _described(name: str, user: str, pid: int, address: str | None, since: str | None) -> str:
    """Address and time are missing where this role may not see those of other roles."""
    who = f"“{name or 'a nameless program'}” of {user}" + (f" from {address}" if address else "")
    began = datetime.fromisoformat(since).astimezone(UTC) if since else None
    when = f", since {began:%Y-%m-%d %H:%M} UTC" if began else ""
    return f"{who}, process {pid} of the server{when}"


def _locking(writes: list[str]) -> str:
    return f", which locks {' and '.join(writes)} for writing" if writes else ""
