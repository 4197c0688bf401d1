"""SQLite: a database is a file, and its anchor is that very file.

Device and inode are hints: an inode is reused at once, and a device number changes on a remount. So
a person decides on a difference, and the same identity at two addresses is always refused.
"""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from os.path import isfile, samefile
from pathlib import Path

from sqlalchemy import Connection, event, func, inspect, select, table
from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_path
from portal.core.errors import Refused, Unavailable
from portal.core.files.private import create_private, make_folder
from portal.core.page import cached_per_page
from portal.core.storage.sqlite import SchemaAccess, open_sqlite, sqlite_reader
from portal.core.storage.urls import key_of
from portal.databases.engines.base import Anchor, DatabaseEngine, Session, TableShape
from portal.databases.engines.content import any_text
from portal.databases.engines.derived import is_derived
from portal.databases.engines.kept_file import (
    KNOWN,
    LateConnection,
    answers_at,
    begin_to_read,
    is_unopened,
    keep_answers,
)
from portal.databases.engines.sharing import cached_on, shared
from portal.databases.engines.sqlite.connections import (
    anchor_of,
    driver,
    refuse_outside_transaction,
)
from portal.databases.engines.sqlite.leases import file_beside
from portal.databases.engines.sqlite.references import broken_references
from portal.databases.engines.sqlite.schema import (
    columns_of,
    digest_of_schema,
    objects_of,
    tables_of,
)
from portal.databases.engines.sqlite_marks import marks_of, nobody_commits

FILE = "portal.file"
NO_FILE = "A database in memory can't be guarded."
ESCAPES = frozenset("%?#")
"""Characters that SQLite reads differently in an address than in a path."""


@dataclass(frozen=True)
class SqliteEngine:
    url: URL

    @property
    def file(self) -> Path:
        file = _file_of(self.url.database)
        if file is None:
            raise Unavailable(NO_FILE)
        return file

    @property
    def title(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    @property
    def address(self) -> str:
        return str(self.file)

    @property
    def leases_at(self) -> str:
        return str(file_beside(self.file))

    nowhere = "sqlite://"
    sees_sessions = False

    def exists(self) -> bool:
        return isfile(self._path)  # noqa: PTH113 — called many times per page

    def create(self) -> None:
        if self.exists():
            return
        make_folder(self.file.parent)
        os.close(create_private(self.file))
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")

    def drop(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + ending).unlink(missing_ok=True)

    def same_place(self, other: DatabaseEngine) -> bool:
        if not isinstance(other, SqliteEngine):
            return False
        if self.exists() and other.exists():
            return samefile(self._path, other._path)  # noqa: PTH121 — as above
        return self.file == other.file

    def reading(self) -> AbstractContextManager[Connection]:
        return shared(
            self.url, self._opened, holds=self._still_holds, for_page=self._opened_for_page
        )

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        """The file at the path is noted before it is opened: a later replacement is detected."""
        file = self._file_there()
        with sqlite_reader(self.url).connect() as connection, connection.begin():
            connection.info[FILE] = file
            yield connection

    @contextmanager
    def _opened_for_page(self) -> Iterator[Connection]:
        """Opened only by a query that no page has sent yet, while the file's marks prove that there
        was no commit since.
        """
        place = key_of(self.url)
        marks = None if ESCAPES & set(self._path) else marks_of(self._path)
        if marks is None:
            with self._opened() as connection:
                yield connection
        elif (known := answers_at(place, marks)) is not None:
            late = LateConnection(
                sqlite_reader(self.url), known, lambda: marks_of(self._path) == marks
            )
            late.info[FILE] = self._file_there()
            try:
                yield late
            finally:
                late.finish()
        else:
            is_quiet = nobody_commits(self._path)
            with self._opened() as connection:
                begin_to_read(connection)
                if is_quiet:
                    connection.info[KNOWN] = keep_answers(place, marks)
                yield connection

    def _still_holds(self, connection: Connection) -> bool:
        """False once another file is at the path, as after a swap."""
        is_same = connection.info[FILE] == self._file_there() is not None
        return is_same and (is_unopened(connection) or driver(connection).text_factory is str)

    def _file_there(self) -> tuple[int, int] | None:
        try:
            facts = os.stat(self._path)  # noqa: PTH116 — called many times per page
        except OSError:
            return None
        return facts.st_dev, facts.st_ino

    @property
    def _path(self) -> str:
        """The path as given to SQLite: symbolic links in it are resolved each time."""
        path = (self.url.database or "").removeprefix("file:")
        if path in {"", ":memory:"}:
            raise Unavailable(NO_FILE)
        return path

    @contextmanager
    def changing(self, access: SchemaAccess | None = None) -> Iterator[Connection]:
        """Foreign keys are off: rebuilding a table would delete every cascading child row.

        The pragma has no effect inside a transaction, so it is set before.
        """
        with open_sqlite(self.url, access=access).connect() as connection:
            driver(connection).execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                event.listen(connection, "before_cursor_execute", refuse_outside_transaction)
                yield connection
                refuse_outside_transaction(connection)

    def read_any_text(self, connection: Connection) -> None:
        """The driver's own error would quote the text, and so put it into a log."""
        driver(connection).text_factory = any_text
        connection.info.pop(KNOWN, None)

    def holds(self, connection: Connection) -> bool:
        if connection.dialect.name != "sqlite" or not self.exists():
            return False
        there = self.anchor(connection)
        facts = self.file.stat()
        return (there["device"], there["inode"]) == (facts.st_dev, facts.st_ino)

    def require_ready(self, connection: Connection) -> None:
        refuse_outside_transaction(connection)
        if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
            raise Refused(
                "A rebuild with foreign keys on would delete rows by cascade; nothing was changed.",
                remedy="Open the connection with the engine's changing().",
            )

    def lead_to_own_tables(self, connection: Connection) -> None:
        """A file has one schema."""

    def protect(self, connection: Connection) -> None:
        """SQLite has no rights, and a trigger would not stop a client that may drop it."""

    def roles_script(self, site: URL) -> list[str]:
        """A file has no roles."""
        return []

    def grant(self, connection: Connection, site: str, limits: Mapping[str, str]) -> None:
        """A file has no roles."""

    def wrong_rights(
        self, connection: Connection, site: str, limits: Mapping[str, str]
    ) -> list[str]:
        return []

    def anchor(self, connection: Connection) -> Anchor:
        return cached_on(connection, "anchor", anchor_of)

    def cast_anchor(self, connection: Connection, database_uuid: str) -> Anchor:
        """The file itself is the anchor; nothing has to be written."""
        return self.anchor(connection)

    def tables(self, connection: Connection) -> list[str]:
        return cached_on(connection, "tables", tables_of)

    def shape_of(self, connection: Connection, table: str) -> TableShape:
        """Any column may hold a time: SQLite does not enforce column types."""
        look = inspect(connection)
        names = [each["name"] for each in look.get_columns(table)]
        keys = look.get_pk_constraint(table)["constrained_columns"]
        return TableShape(None, table, names, keys, frozenset(names))

    def all_columns(self, connection: Connection) -> dict[str, list[str]]:
        return cached_on(connection, "columns", columns_of)

    def count_rows(self, connection: Connection) -> dict[str, int]:
        return {
            name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
            for name in self.tables(connection)
            if not is_derived(name)
        }

    def schema_digest(self, connection: Connection, like: str | None = None) -> str:
        """Not what `compare_metadata` sees: it misses checks, partial indexes and triggers."""
        return cached_on(connection, "digest", digest_of_schema)

    def structure_digest(self, connection: Connection, like: str | None = None) -> str:
        return self.schema_digest(connection)

    def structure_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        return self.schema_objects(connection)

    def digest_of(self, objects: Mapping[str, str]) -> str:
        """Never called: the guard changes no rights here."""
        raise NotImplementedError

    def covers_all(self, digest: str) -> bool:
        return True

    def guard_faults(self, connection: Connection) -> list[str]:
        """Always empty: a file has no protection that could be missing."""
        return []

    def unreadable(self, connection: Connection) -> Refused | None:
        return None

    def schema_objects(self, connection: Connection, like: str | None = None) -> dict[str, str]:
        found = objects_of(connection)
        return {f"{each.type} {each.name}": " ".join(each.sql.split()) for each in found}

    def broken_references(self, connection: Connection) -> list[str]:
        return broken_references(connection)

    def broken_before(self, connection: Connection) -> Callable[[], set[str]]:
        """In WAL mode a reader beside the change still sees the state before it, so a large
        database is scanned once, and twice only if something is wrong."""
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
            return self._broken_outside
        found = set(self.broken_references(connection))
        return lambda: found

    def _broken_outside(self) -> set[str]:
        with self.reading() as connection:
            return set(self.broken_references(connection))

    def roles_that_only_read(self, _names: Collection[str]) -> set[str]:
        return set()  # a file knows no roles

    def sessions(self) -> list[Session]:
        return []  # a file does not know which processes have it open

    def size(self) -> int:
        beside = (self.file, self.file.with_name(f"{self.file.name}-wal"))
        return sum(file.stat().st_size for file in beside if file.exists())


@cached_per_page
def _file_of(database: str | None) -> Path | None:
    """The path with its symbolic links resolved."""
    return sqlite_path(URL.create("sqlite", database=database))
