"""The place for PostgreSQL: its directory can be served, and guarded changes are refused."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.core.errors import Refused
from portal.databases.engines.base import Anchor, DatabaseEngine


@dataclass(frozen=True)
class PostgresqlEngine:
    url: URL

    @property
    def title(self) -> str:
        return "PostgreSQL"

    @property
    def address(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def exists(self) -> bool:
        return True

    def create(self) -> None:
        _not_yet()

    def same_place(self, other: DatabaseEngine) -> bool:
        return isinstance(other, PostgresqlEngine) and self.url == other.url

    def reading(self) -> AbstractContextManager[Connection]:
        _not_yet()

    def changing(self) -> AbstractContextManager[Connection]:
        _not_yet()

    def holds(self, connection: Connection) -> bool:
        there = connection.engine.url
        return (there.host, there.port, there.database) == (
            self.url.host,
            self.url.port,
            self.url.database,
        )

    def require_ready(self, connection: Connection) -> None:
        """PostgreSQL keeps references and transactions whole by itself."""

    def anchor(self, connection: Connection) -> Anchor:
        _not_yet()

    def at_anchor(self, anchor: Anchor) -> DatabaseEngine:
        _not_yet()

    def tables(self, connection: Connection) -> list[str]:
        _not_yet()

    def schema_digest(self, connection: Connection) -> str:
        _not_yet()

    def schema_objects(self, connection: Connection) -> dict[str, str]:
        _not_yet()

    def broken_references(self, connection: Connection) -> list[str]:
        return []

    def size(self) -> int:
        _not_yet()


def _not_yet() -> NoReturn:
    raise Refused(
        "This release guards SQLite databases only, so it changes nothing on PostgreSQL.",
        way_out="Serve the directory from PostgreSQL, and change it with a release that guards it.",
    )
