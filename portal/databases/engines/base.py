"""What the guard asks of a database, whichever engine it is on."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection

Anchor = dict[str, Any]
"""What ties an identity to one place, so that a copy of the database is told from it."""


MAINTENANCE_TABLE = "portal_maintenance"
"""The state of the service, not content: no digest of content counts it."""


class DatabaseEngine(Protocol):
    @property
    def title(self) -> str:
        """For people, such as `SQLite 3.40.1`."""

    @property
    def address(self) -> str:
        """For people: where it is, without a password."""

    def exists(self) -> bool:
        """Whether anything stands at the address. Never makes anything."""

    def create(self) -> None:
        """Make an empty database at the address, readable by its owner alone, unless one is there.

        The only thing that ever makes one.
        """

    def same_place(self, other: "DatabaseEngine") -> bool:
        """Whether both addresses lead to one and the same database."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction in which the database itself refuses every write."""

    def changing(self) -> AbstractContextManager[Connection]:
        """A connection that holds the writer's lock, made for schema changes; commits at the end.

        Every statement fails once the transaction is no longer open.
        """

    def holds(self, connection: Connection) -> bool:
        """Whether the connection is on the database at this address."""

    def require_ready(self, connection: Connection) -> None:
        """Raises Refused unless the connection is as `changing()` makes it."""

    def anchor(self, connection: Connection) -> Anchor:
        """The anchor of the database that this connection really is on."""

    def at_anchor(self, anchor: Anchor) -> "DatabaseEngine":
        """The place that an anchor tells of, which may be silent by now."""

    def tables(self, connection: Connection) -> list[str]: ...

    def schema_digest(self, connection: Connection) -> str:
        """A hash over tables, indexes, triggers and views, without the guard's own tables."""

    def schema_objects(self, connection: Connection) -> dict[str, str]:
        """What the digest is over, object by object: `table studios` and its definition."""

    def broken_references(self, connection: Connection) -> list[str]:
        """Tables with rows that refer to nothing."""

    def size(self) -> int:
        """In bytes."""
