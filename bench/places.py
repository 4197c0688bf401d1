"""The databases of a benchmark: files in a temporary folder, or a database of a temporary
server."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from portal.core.configuration.settings import sqlite_url
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from tests.support import memory
from tests.support.postgres import Server, running_server

memory.ROOMY = 16 * 1024**3  # a million studios are stored on disk unless there is much memory


REMEMBERED = ("development.sqlite3", "ops.sqlite3")


class Place(Protocol):
    """`variables` configure the product for its development database."""

    folder: Path
    variables: dict[str, str]

    def copy(self) -> AbstractContextManager[Connection]:
        """A connection without a transaction to an identical database, which is deleted after the
        block."""

    def remember(self) -> None:
        """Save the current state for `go_back`."""

    def go_back(self) -> bool:
        """Restore the saved state; False if it has to be created again."""


class SqlitePlace:
    def __init__(self, folder: Path) -> None:
        self.folder, self.variables = folder, dict[str, str]()

    @contextmanager
    def copy(self) -> Iterator[Connection]:
        file, to = (self.folder / f"{name}.sqlite3" for name in ("development", "copy"))
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(file, to)
        url = sqlite_url("copy", URL.create("sqlite", database=str(to)))
        with open_sqlite(url, access=SchemaAccess.SCRATCH).connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
            yield connection
        for each in self.folder.glob("copy.sqlite3*"):
            each.unlink()

    def remember(self) -> None:
        for name in REMEMBERED:
            self._copy(name, f"remembered-{name}")

    def go_back(self) -> bool:
        """Into the existing files: the guard treats a new file at the path as another database."""
        if not (self.folder / f"remembered-{REMEMBERED[0]}").exists():
            return False
        for name in REMEMBERED:
            self._copy(f"remembered-{name}", name)
        return True

    def _copy(self, name: str, to: str) -> None:
        with (
            closing(sqlite3.connect(self.folder / name)) as source,
            closing(sqlite3.connect(self.folder / to)) as target,
        ):
            source.backup(target)


class PostgresqlPlace:
    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self._server = folder, server
        address = server.url("bench").render_as_string(hide_password=False)
        self.variables = {"DEVELOPMENT_DATABASE_URL": address}

    @contextmanager
    def copy(self) -> Iterator[Connection]:
        with self._server.connect("bench") as session:
            session.execute("VACUUM ANALYZE")
        with self._server.database(template="bench") as url:
            engine = create_engine(url, poolclass=NullPool)
            with engine.connect() as connection:
                yield connection

    def remember(self) -> None:
        """Nothing is saved: the guard treats a recreated database as another one."""

    def go_back(self) -> bool:
        with self._server.connect() as session:
            session.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)")
        for each in self.folder.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        return False


@contextmanager
def on_sqlite() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        yield SqlitePlace(Path(folder))


@contextmanager
def on_postgresql() -> Iterator[Place]:
    server = running_server()
    with tempfile.TemporaryDirectory() as folder:
        yield PostgresqlPlace(Path(folder), server)
    with server.connect() as session:
        session.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)")
