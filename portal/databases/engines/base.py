"""What the guard asks of a database, whichever engine it is on."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.core.errors import Refused, Unavailable
from portal.core.storage.sqlite import Door

Anchor = dict[str, Any]
"""What ties an identity to one place, so that a copy of the database is told from it."""

WHERE = "at"
"""The part of an anchor that only says by which way the place was reached."""


def same_anchor(one: Anchor, other: Anchor) -> bool:
    """Whether both tell of one and the same database, by whichever way it was reached."""
    first, second = ({key: each[key] for key in each if key != WHERE} for each in (one, other))
    return first == second


class Busy(Unavailable):
    """Somebody held what the change needs for too long; all of it was undone. Try again."""


def first_line(error: Exception) -> str:
    """What the database or its driver said, as one sentence."""
    said = str(getattr(error, "orig", error)).strip()
    return (said or type(error).__name__).splitlines()[0].rstrip(".") + "."


@dataclass(frozen=True)
class TableShape:
    """A table by its place; `times`: columns that can be compared with a moment."""

    schema: str | None
    name: str
    columns: list[str]
    keys: list[str]
    times: frozenset[str]


@dataclass(frozen=True)
class Session:
    """Somebody who is connected to the database; `name` is what the program calls itself."""

    name: str
    words: str


class DatabaseEngine(Protocol):
    @property
    def title(self) -> str:
        """For people, such as `SQLite 3.40.1`."""

    @property
    def address(self) -> str:
        """For people: where it is, without a password."""

    @property
    def nowhere(self) -> str:
        """An address of this kind behind which nothing stands, nor ever will."""

    @property
    def leases_at(self) -> str:
        """For people: where the leases beside it stand."""

    @property
    def sees_sessions(self) -> bool:
        """Whether `sessions` tells of everybody who is connected."""

    def exists(self) -> bool:
        """Whether anything stands at the address. Never makes anything."""

    def create(self) -> None:
        """Make an empty database at the address, readable by its owner alone, unless one is there.

        The only thing that ever makes one.
        """

    def drop(self) -> None:
        """Take an empty database away that `create` made; what it is must have been asked."""

    def same_place(self, other: "DatabaseEngine") -> bool:
        """Whether both addresses lead to one and the same database."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction in which the database itself refuses every write."""

    def changing(self, door: Door | None = None) -> AbstractContextManager[Connection]:
        """A connection that holds the writer's lock; commits at the end.

        A schema is changed through a `door` only: what the work is for, which SQLite's connection
        is held to; on PostgreSQL the role's rights say who may.

        Every statement fails once the transaction is no longer open. Raises Conflict while another
        change holds the lock, Busy when a table stayed locked: both left everything as it was.
        """

    def read_any_text(self, connection: Connection) -> None:
        """Read texts on this connection also where they aren't in the database's encoding."""

    def holds(self, connection: Connection) -> bool:
        """Whether the connection is on the database at this address."""

    def require_ready(self, connection: Connection) -> None:
        """Raises Refused unless the connection is as `changing()` makes it."""

    def lead_to_own_tables(self, connection: Connection) -> None:
        """In this transaction the guard's tables are made beside its others, in their schema."""

    def protect(self, connection: Connection) -> None:
        """Renew what the database itself does against changes that pass the guard by."""

    def roles_script(self, site: URL) -> list[str]:
        """What a superuser runs once, so that the role of `site` and this one's are there."""

    def grant(self, connection: Connection, site: str, limits: Mapping[str, str]) -> None:
        """Let a role read and write rows, and nothing more.

        `limits`: tables of which it may do less, such as `{"audit": "SELECT, INSERT"}`.
        """

    def wrong_rights(
        self, connection: Connection, site: str, limits: Mapping[str, str]
    ) -> list[str]:
        """What that role, or this one, has too much or too little of, a sentence each."""

    def anchor(self, connection: Connection) -> Anchor:
        """The anchor of the database that this connection really is on."""

    def cast_anchor(self, connection: Connection, database_uuid: str) -> Anchor:
        """Tie the identity to this place in the connection's transaction; returns the anchor."""

    def tables(self, connection: Connection) -> list[str]: ...

    def shape_of(self, connection: Connection, table: str) -> TableShape:
        """A table by the name that `tables` gives it."""

    def all_columns(self, connection: Connection) -> dict[str, list[str]]:
        """The columns of each of `tables`, in order."""

    def count_rows(self, connection: Connection) -> dict[str, int]:
        """Rows by table, of every schema, without those of derived tables.

        Raises Refused where some can't be read.
        """

    def schema_digest(self, connection: Connection, like: str | None = None) -> str:
        """A hash over all that drift is told from, without the guard's own tables.

        `like`: a digest on record, perhaps of an earlier release, whose rule is followed.
        """

    def schema_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        """What the digest is over, object by object: `table studios` and its definition."""

    def structure_digest(self, connection: Connection, like: str | None = None) -> str:
        """The same over what a restored copy has like its original: no owners, grants, settings."""

    def structure_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        """What that digest is over."""

    def digest_of(self, objects: Mapping[str, str]) -> str:
        """The `schema_digest` of such objects."""

    def covers_all(self, digest: str) -> bool:
        """Whether a digest on record is over all that this release compares."""

    def guard_faults(self, connection: Connection) -> list[str]:
        """What is wrong with the database's own protection, a sentence each."""

    def unreadable(self, connection: Connection) -> Refused | None:
        """Why whoever takes the backups can't read every row, and who has to grant what; None
        where all can be read."""

    def broken_references(self, connection: Connection) -> list[str]:
        """Tables with rows that refer to nothing."""

    def broken_before(self, connection: Connection) -> Callable[[], set[str]]:
        """Asked when a change begins: what tells, at its end, which references were broken then."""

    def sessions(self) -> list[Session]:
        """Who else is connected, where the engine knows that."""

    def size(self) -> int:
        """In bytes."""
