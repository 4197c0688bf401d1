"""PostgreSQL: the anchor of a database is its server's system identifier, its oid and a mark.

A clone by TEMPLATE has another oid and no mark; what `pg_dump --create` makes has the mark and
another oid, or is on another server. A copy of the whole server's files is not detected:
docs/guard.md says so.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.core.errors import Refused, Unavailable
from portal.core.page import current_page
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines.base import (
    WHERE,
    Anchor,
    DatabaseEngine,
    Session,
    TableShape,
    same_anchor,
)
from portal.databases.engines.beside import LEASE_TABLES
from portal.databases.engines.derived import is_derived
from portal.databases.engines.postgresql import own_guard, roles, server
from portal.databases.engines.postgresql.catalog import catalog
from portal.databases.engines.postgresql.catalog.page import page_reading
from portal.databases.engines.postgresql.marks import mark_in, place_of, write_mark
from portal.databases.engines.postgresql.owners import require_readable, why_unreadable_to_keeper
from portal.databases.engines.postgresql.server import driver, quoted
from portal.databases.engines.postgresql.transactions import (
    TIMEOUTS,
    for_people,
    outside,
    refuse_outside,
    take_lock,
)
from portal.databases.engines.sharing import cached_per_schema, has_shared, shared


@dataclass(frozen=True)
class PostgresqlEngine:
    url: URL

    @property
    def title(self) -> str:
        try:
            with self.reading() as connection:
                return cached_per_schema(connection, "title", _title)
        except DBAPIError:
            return "PostgreSQL"

    @property
    def address(self) -> str:
        """Without the user as well: both roles use one database."""
        there = self.url
        return URL.create(
            "postgresql",
            host=there.host,
            port=there.port,
            database=there.database,
            query=self._way(),
        ).render_as_string()

    @property
    def leases_at(self) -> str:
        return f"the tables {' and '.join(LEASE_TABLES)} in it"

    nowhere = "postgresql+psycopg://talkback.invalid/nowhere"
    sees_sessions = True

    def exists(self) -> bool:
        """A page reads it on the connection that it then uses: it opens none for that alone."""
        if current_page() is None:
            return server.stands(self.url)
        if has_shared(self.url, server.is_quiet):
            return True
        try:
            with self.reading():
                return True
        except OperationalError:
            return server.is_listed(self.url)
        except DBAPIError:
            return True  # reading it says why it can't be read

    def create(self) -> None:
        if self.exists():
            return
        with server.maintaining(self.url) as connection:
            server.create_database(connection, self.url.database or "")

    def drop(self) -> None:
        server.drop_databases(self.url, [self.url.database or ""])

    def same_place(self, other: DatabaseEngine) -> bool:
        if not isinstance(other, PostgresqlEngine):
            return False
        if self._server() == other._server():
            return self.url.database == other.url.database
        try:
            return same_anchor(self._read_anchor(), other._read_anchor())
        except DBAPIError:
            return self.url.database == other.url.database and self._is_beside(other)

    def _is_beside(self, other: "PostgresqlEngine") -> bool:
        """Whether two host names are the same server, where the database does not exist yet."""
        try:
            return server.system_of(self.url) == server.system_of(other.url)
        except (DBAPIError, Unavailable):
            return False

    def reading(self) -> AbstractContextManager[Connection]:
        opened = partial(server.reading, self.url)
        return shared(
            self.url, opened, holds=server.is_quiet, for_page=partial(page_reading, self.url)
        )

    @contextmanager
    def changing(self, access: SchemaAccess | None = None) -> Iterator[Connection]:
        """Takes the lock on the changing connection, so that it is held until its backend ends. On
        another connection a kill would release it while the statement is still running."""
        with for_people(self.url, self.address), server.connected(self.url) as connection:
            take_lock(driver(connection))
            with connection.begin() as transaction:
                for name, value in TIMEOUTS.items():
                    connection.exec_driver_sql(f"SET LOCAL {name} = '{value}'")
                server.show_every_row(connection)
                own_guard.mark(connection)
                within = partial(refuse_outside, transaction)
                event.listen(connection, "before_cursor_execute", within)
                yield connection
                within(connection)

    def read_any_text(self, connection: Connection) -> None:
        """The server accepts no other text; a database without an encoding is read as bytes."""

    def holds(self, connection: Connection) -> bool:
        if connection.dialect.name != "postgresql":
            return False
        try:
            return same_anchor(self.anchor(connection), self._read_anchor())
        except DBAPIError:
            there = PostgresqlEngine(connection.engine.url)
            return (there._server(), there.url.database) == (self._server(), self.url.database)

    def require_ready(self, connection: Connection) -> None:
        if not connection.in_transaction():
            raise outside()

    def lead_to_own_tables(self, connection: Connection) -> None:
        if schema := catalog.own_schema(connection):
            path = text(
                "SELECT set_config('search_path', quote_ident(:schema) || ', '"
                " || current_setting('search_path'), true)"
            )
            connection.execute(path, {"schema": schema})

    def protect(self, connection: Connection) -> None:
        own_guard.protect(connection)

    def roles_script(self, site: URL) -> list[str]:
        return roles.script(site, self.url)

    def grant(self, connection: Connection, site: str, limits: Mapping[str, str]) -> None:
        roles.grant(connection, site, limits)

    def wrong_rights(
        self, connection: Connection, site: str, limits: Mapping[str, str]
    ) -> list[str]:
        return roles.faults(connection, site, self.url.username or "", limits)

    def anchor(self, connection: Connection) -> Anchor:
        oid, name, system, comment = cached_per_schema(connection, "anchor", place_of)
        at = PostgresqlEngine(connection.engine.url.set(database=name)).address
        return {"system": system, "oid": oid, "mark": mark_in(comment), WHERE: at}

    def cast_anchor(self, connection: Connection, database_uuid: str) -> Anchor:
        write_mark(connection, f"database {database_uuid}")
        return self.anchor(connection)

    def at(self, address: str) -> "PostgresqlEngine":
        """The database at that address, with this one's user and password."""
        there = make_url(address)
        return PostgresqlEngine(
            self.url.set(
                host=there.host, port=there.port, database=there.database
            ).update_query_dict(dict(there.query))
        )

    def tables(self, connection: Connection) -> list[str]:
        return list(catalog.tables(connection))

    def shape_of(self, connection: Connection, table: str) -> TableShape:
        return catalog.shape_of(connection, table)

    def all_columns(self, connection: Connection) -> dict[str, list[str]]:
        names = self.tables(connection)
        return {name: self.shape_of(connection, name).columns for name in names}

    def count_rows(self, connection: Connection) -> dict[str, int]:
        require_readable(connection)
        return {
            words: connection.exec_driver_sql(
                f"SELECT count(*) FROM ONLY {quoted(connection, schema)}.{quoted(connection, name)}"  # noqa: S608
            ).scalar_one()
            for words, (_, schema, name) in catalog.tables(connection).items()
            if not is_derived(words)
        }

    def schema_digest(self, connection: Connection, like: str | None = None) -> str:
        return catalog.schema_digest(connection, like)

    def schema_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        return catalog.schema_objects(connection, like)

    def structure_digest(self, connection: Connection, like: str | None = None) -> str:
        return catalog.structure_digest(connection, like)

    def structure_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        return catalog.structure_objects(connection, like)

    def digest_of(self, objects: Mapping[str, str]) -> str:
        return catalog.digest_of(objects)

    def covers_all(self, digest: str) -> bool:
        return catalog.covers_all(digest)

    def guard_faults(self, connection: Connection) -> list[str]:
        return cached_per_schema(connection, "guard faults", own_guard.faults)

    def unreadable(self, connection: Connection) -> Refused | None:
        return why_unreadable_to_keeper(connection)

    def broken_references(self, connection: Connection) -> list[str]:
        """PostgreSQL allows none."""
        return []

    def broken_before(self, connection: Connection) -> Callable[[], set[str]]:
        return set

    def roles_that_only_read(self, names: Collection[str]) -> set[str]:
        with self.reading() as connection:
            return set(connection.execute(roles.ONLY_READ, {"roles": list(names)}).scalars())

    def sessions(self) -> list[Session]:
        with self.reading() as connection:
            return server.sessions_on(connection)

    def size(self) -> int:
        """A page's is a minute old at most: the server looks at each of its files for it."""
        with self.reading() as connection:
            return cached_per_schema(connection, "size", _size)

    def _read_anchor(self) -> Anchor:
        with self.reading() as connection:
            return self.anchor(connection)

    def _server(self) -> tuple[object, ...]:
        query = self._way()
        return self.url.host or query.get("host"), self.url.port or 5432, query.get("port")

    def _way(self) -> dict[str, Any]:
        return {key: self.url.query[key] for key in ("host", "port") if key in self.url.query}


def _title(connection: Connection) -> str:
    return f"PostgreSQL {driver(connection).info.parameter_status('server_version')}"


def _size(connection: Connection) -> int:
    query = "SELECT pg_database_size(current_database())"
    return int(connection.exec_driver_sql(query).scalar_one())
