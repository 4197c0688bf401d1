"""Moves rows from one database into the tables of another one of the same engine.

The sync reads production in one snapshot, and writes into tables that a migration history created.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.databases.engines.postgresql.transfer import PostgresqlTransfer
from portal.databases.engines.sqlite.transfer import SqliteTransfer

__all__ = ["Transfer", "transfer_for"]


class Transfer(Protocol):
    def still(self, folder: Path) -> AbstractContextManager[Connection]:
        """A connection on which the database's rows don't change, and nothing can be written.

        `folder`: scratch space for the engine. Raises Refused for a damaged database.
        """

    def empty(self, folder: Path) -> URL:
        """The address of an empty database next to this one, which is deleted with `folder`."""

    def rows(
        self, connection: Connection, table: str, columns: Sequence[str], *, size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Every row, `size` at a time; memory stays constant. `table` as the engine names it."""

    def loading(
        self, connection: Connection, tables: Sequence[str]
    ) -> AbstractContextManager[None]:
        """Empty these tables, and disable triggers and foreign keys while the block runs;
        afterwards they are restored, and sequences continue after the highest number.
        """

    def load(
        self,
        connection: Connection,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Write rows into a table that is being loaded."""


def transfer_for(url: URL) -> Transfer:
    return (
        PostgresqlTransfer(url) if url.get_backend_name() == "postgresql" else SqliteTransfer(url)
    )
