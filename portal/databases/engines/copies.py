"""Copies of each engine's databases: into a backup file, back into the live one, into scratch."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_path, sqlite_url
from portal.core.errors import Refused
from portal.databases.engines.content import Content, Prepare, Watch, sha256_of
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.content import content_of
from portal.databases.engines.postgresql.copies import copy as postgresql_copy
from portal.databases.engines.postgresql.copies import swap
from portal.databases.engines.sqlite import copy as sqlite_copy
from portal.databases.engines.sqlite.content import content_of_file

__all__ = ["Content", "Copier", "copier_for", "drop_scratch", "scratch_left", "sha256_of"]


SCRATCH = "scratch.sqlite3"


class Copier(Protocol):
    @property
    def suffix(self) -> str:
        """The file suffix of a backup."""

    def snapshot(self, to: Path, *, watch: Watch | None = None) -> Content:
        """Copy the live database into a file, completely or not at all; returns its content."""

    def restore(
        self,
        backup: Path,
        *,
        folder: Path,
        digest: str,
        database_uuid: str,
        watch: Watch | None = None,
        prepare: Prepare | None = None,
        mark: str | None = None,
    ) -> list[str]:
        """Put a backup of this very database back; after a kill it is entirely old or entirely new.

        Returns what a person has to do by hand afterwards, a sentence each.

        `folder`: scratch space; `digest`: of the backup's content; `prepare`: called with the
        address of the copy that is about to replace the live database. It may change rows if there
        is a `mark`: eight hexadecimal digits by which that copy is known again. SQLite makes such a
        copy only then.
        """

    def holds_restored(
        self, backup: Path, *, digest: str, database_uuid: str, mark: str | None = None
    ) -> bool:
        """After a crash: whether the live database is the one that the backup was restored to, with
        this mark."""

    def scratch(self, backup: Path, folder: Path) -> tuple[URL, Content]:
        """The address of a private copy that is deleted with `folder`, and its content."""

    def distil(self, to: Path) -> Content:
        """Write the rows into a new backup file, without deleted or derived data; for a database
        that has no other client.
        """

    def leave_no_trace(self) -> None:
        """After a restore: leave nothing of the replaced data in a log beside the database."""

    def require_sound(self) -> None:
        """Raises Refused if the engine reports the live database as damaged."""

    def content(self) -> Content:
        """The present content of the live database."""


@dataclass(frozen=True)
class SqliteCopier:
    """Copies of one SQLite database. Errors are those of `sqlite_copy`."""

    file: Path
    suffix = ".sqlite3"

    def snapshot(self, to: Path, *, watch: Watch | None = None) -> Content:
        return sqlite_copy.snapshot(self.file, to, watch=watch)

    def restore(
        self,
        backup: Path,
        *,
        folder: Path,
        digest: str,
        database_uuid: str,
        watch: Watch | None = None,
        prepare: Prepare | None = None,
        mark: str | None = None,
    ) -> list[str]:
        source = backup
        if mark is not None:
            url, content = self.scratch(backup, folder)
            if content.digest != digest:
                raise Refused("The backup no longer restores to what was verified.")
            if prepare:
                prepare(url)
            source = sqlite_copy.marked(folder / SCRATCH, mark)
        sqlite_copy.restore(source, self.file, watch=watch)
        return []

    def holds_restored(
        self, backup: Path, *, digest: str, database_uuid: str, mark: str | None = None
    ) -> bool:
        if mark is not None:
            return sqlite_copy.has_mark(self.file, mark)
        return self.content().digest == digest

    def scratch(self, backup: Path, folder: Path) -> tuple[URL, Content]:
        to = folder / SCRATCH
        content = sqlite_copy.scratch_copy(backup, to)
        return sqlite_url("scratch", URL.create("sqlite", database=str(to))), content

    def distil(self, to: Path) -> Content:
        return sqlite_copy.distil(self.file, to)

    def leave_no_trace(self) -> None:
        sqlite_copy.empty_wal(self.file)

    def require_sound(self) -> None:
        sqlite_copy.require_sound_file(self.file)

    def content(self) -> Content:
        return content_of_file(self.file)


@dataclass(frozen=True)
class PostgresqlCopier:
    """Copies of one PostgreSQL database. Errors are those of `postgresql_copy` and `…_swap`."""

    url: URL
    suffix = ".dump"

    def snapshot(self, to: Path, *, watch: Watch | None = None) -> Content:
        return postgresql_copy.snapshot(self.url, to, watch=watch)

    def restore(
        self,
        backup: Path,
        *,
        folder: Path,
        digest: str,
        database_uuid: str,
        watch: Watch | None = None,
        prepare: Prepare | None = None,
        mark: str | None = None,
    ) -> list[str]:
        return swap.restore(
            backup,
            self.url,
            folder=folder,
            digest=digest,
            database_uuid=database_uuid,
            prepare=prepare,
            mark=mark,
        )

    def holds_restored(
        self, backup: Path, *, digest: str, database_uuid: str, mark: str | None = None
    ) -> bool:
        return swap.holds_restored(backup, self.url, database_uuid, mark)

    def scratch(self, backup: Path, folder: Path) -> tuple[URL, Content]:
        return postgresql_copy.scratch_copy(backup, self.url, folder)

    def distil(self, to: Path) -> Content:
        """A dump has only rows and definitions, once large objects are left out: they are in no
        table, so nothing would say what becomes of them.
        """
        return postgresql_copy.snapshot(self.url, to, "--no-blobs")

    def leave_no_trace(self) -> None:
        """The replaced database is dropped as a whole, with its scratch folder."""

    def require_sound(self) -> None:
        """PostgreSQL checks its own pages; what a failed build leaves is an invalid index."""
        query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        with server.reading(self.url) as connection:
            broken = connection.exec_driver_sql(query).scalars().all()
        if broken:
            raise Refused(f"Indexes are not valid: {', '.join(broken)}.", remedy="REINDEX them.")

    def content(self) -> Content:
        with server.reading(self.url) as connection:
            return content_of(connection)


def copier_for(url: URL) -> Copier:
    """Raises Refused for an in-memory database, which can't be copied."""
    if url.get_backend_name() == "postgresql":
        return PostgresqlCopier(url)
    file = sqlite_path(url)
    if file is None:
        raise Refused("A database in memory can't be backed up.")
    return SqliteCopier(file)


def drop_scratch(folder: Path, urls: Iterable[URL]) -> bool:
    """Drop the databases that belong to a scratch folder; False if that has to be retried.

    `urls`: of all targets, since the folder doesn't say on which server they are.
    """
    servers = [url for url in urls if url.get_backend_name() == "postgresql"]
    return postgresql_copy.drop_named_in(folder, servers)


def scratch_left(url: URL, folders: Iterable[Path]) -> list[str]:
    """Scratch databases on the server of this database that none of the folders names; a file's
    scratch is in its folder."""
    if url.get_backend_name() != "postgresql":
        return []
    return postgresql_copy.left_behind(url, postgresql_copy.names_in(folders))


def close_scratch(url: URL, name: str) -> None:
    postgresql_copy.close_to_all(url, name)


def drop_one_scratch(url: URL, name: str) -> None:
    postgresql_copy.drop_one(url, name)
