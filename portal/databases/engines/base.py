"""What the guard needs of a database, on any engine."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.core.errors import Refused, Unavailable
from portal.core.storage.sqlite import SchemaAccess

Anchor = dict[str, Any]
"""What ties an identity to one place: it tells a copy of the database from the original."""

WHERE = "at"
"""The part of an anchor that only says how the place was reached."""


def same_anchor(one: Anchor, other: Anchor) -> bool:
    """Whether both identify the same database, however it was reached."""
    first, second = ({key: each[key] for key in each if key != WHERE} for each in (one, other))
    return first == second


class Busy(Unavailable):
    """A lock that the change needs was held for too long; everything was rolled back. Try again."""


def first_line(error: Exception) -> str:
    """The message of the database or its driver, as one sentence."""
    message = str(getattr(error, "orig", error)).strip()
    return (message or type(error).__name__).splitlines()[0].rstrip(".") + "."


@dataclass(frozen=True)
class TableShape:
    """A table by its place; `times`: columns that can be compared with a timestamp."""

    schema: str | None
    name: str
    columns: list[str]
    keys: list[str]
    times: frozenset[str]


@dataclass(frozen=True)
class Session:
    """A client connected to the database; `name` is its application name.

    `writes`: tables on which it has, or waits for, a lock beyond a mere read's.
    """

    name: str
    words: str
    role: str = ""
    writes: tuple[str, ...] = ()


class DatabaseEngine(Protocol):
    @property
    def title(self) -> str:
        """The engine and its version for display, such as `SQLite 3.40.1`."""

    @property
    def address(self) -> str:
        """The location for display, without a password."""

    @property
    def nowhere(self) -> str:
        """An address of this kind at which there is no database and never will be."""

    @property
    def leases_at(self) -> str:
        """The location of the leases beside it, for display."""

    @property
    def sees_sessions(self) -> bool:
        """Whether `sessions` lists every connected client."""

    def exists(self) -> bool:
        """Whether there is a database at the address. Never creates one."""

    def create(self) -> None:
        """Create an empty database at the address, readable by its owner only, unless one exists.

        Nothing else creates databases.
        """

    def drop(self) -> None:
        """Remove an empty database that `create` made; the caller must have checked what it is."""

    def same_place(self, other: "DatabaseEngine") -> bool:
        """Whether both addresses lead to the same database."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction in which the database itself refuses every write."""

    def changing(self, access: SchemaAccess | None = None) -> AbstractContextManager[Connection]:
        """A connection that holds the writer's lock; commits at the end.

        The schema can only be changed with an `access`: the purpose of the work, which limits what
        SQLite's connection accepts; on PostgreSQL the role's rights decide.

        Every statement fails once the transaction is no longer open. Raises Conflict while another
        change holds the lock, Busy if a table stayed locked; neither changes anything.
        """

    def read_any_text(self, connection: Connection) -> None:
        """Also read texts on this connection that are not in the database's encoding."""

    def holds(self, connection: Connection) -> bool:
        """Whether the connection is on the database at this address."""

    def require_ready(self, connection: Connection) -> None:
        """Raises Refused unless the connection is set up as by `changing()`."""

    def lead_to_own_tables(self, connection: Connection) -> None:
        """In this transaction, create the guard's tables next to its others, in their schema."""

    def protect(self, connection: Connection) -> None:
        """Renew the database's own protection against changes that bypass the guard."""

    def roles_script(self, site: URL) -> list[str]:
        """What a superuser runs to create the role of `site` and this one's."""

    def grant(self, connection: Connection, site: str, limits: Mapping[str, str]) -> None:
        """Let a role read and write rows, and nothing more.

        `limits`: tables on which it has fewer rights, such as `{"audit": "SELECT, INSERT"}`.
        """

    def wrong_rights(
        self, connection: Connection, site: str, limits: Mapping[str, str]
    ) -> list[str]:
        """Rights that this role or the site's has in excess or lacks, a sentence each."""

    def anchor(self, connection: Connection) -> Anchor:
        """The anchor of the database that this connection is actually on."""

    def cast_anchor(self, connection: Connection, database_uuid: str) -> Anchor:
        """Tie the identity to this place in the connection's transaction; returns the anchor."""

    def tables(self, connection: Connection) -> list[str]: ...

    def shape_of(self, connection: Connection, table: str) -> TableShape:
        """A table by the name that `tables` gives it."""

    def all_columns(self, connection: Connection) -> dict[str, list[str]]:
        """The columns of each of `tables`, in order."""

    def count_rows(self, connection: Connection) -> dict[str, int]:
        """Rows by table, in every schema, without those of derived tables.

        Raises Refused if some can't be read.
        """

    def schema_digest(self, connection: Connection, like: str | None = None) -> str:
        """A hash of everything that drift detection compares, without the guard's own tables.

        `like`: a recorded digest, perhaps of an earlier release, whose rule is applied.
        """

    def schema_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        """The input of the digest, by object: `table studios` and its definition."""

    def structure_digest(self, connection: Connection, like: str | None = None) -> str:
        """The digest of what a restored copy has like its original: no owners, grants, settings."""

    def structure_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        """The input of the structure digest."""

    def digest_of(self, objects: Mapping[str, str]) -> str:
        """The `schema_digest` of such objects."""

    def covers_all(self, digest: str) -> bool:
        """Whether a recorded digest covers all that this release compares."""

    def guard_faults(self, connection: Connection) -> list[str]:
        """What is wrong with the database's own protection, a sentence each."""

    def unreadable(self, connection: Connection) -> Refused | None:
        """Why the role that takes the backups can't read every row, and who has to grant what; None
        if it can read all.
        """

    def broken_references(self, connection: Connection) -> list[str]:
        """Tables with rows whose foreign keys refer to no row."""

    def broken_before(self, connection: Connection) -> Callable[[], set[str]]:
        """Called when a change begins: returns a function that, at its end, gives the references
        that were broken before.
        """

    def roles_that_only_read(self, names: Collection[str]) -> set[str]:
        """Those of these roles that exist and may write to no table here."""
        ...

    def sessions(self) -> list[Session]:
        """Other connected clients, if the engine lists them."""

    def size(self) -> int:
        """The size in bytes."""
