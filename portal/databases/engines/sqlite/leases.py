"""Leases beside a SQLite file: a small separate database, `<file>-leases`, used for nothing else.

Its lock is not the directory's, so that neither waits for the other; every process that may write
the directory's file may write this one.
"""

import errno
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from portal.core.configuration.settings import sqlite_url
from portal.core.page import current_page
from portal.databases.engines.kept_file import answers_at, keep_answers
from portal.databases.engines.leases import LeasePlace, LeaseRows, LeasesImpossible, NoLeaseTables
from portal.databases.engines.sqlite_marks import marks_of
from portal.jobs.leases.places import LeaseStoreFault

ENDING = "-leases"
ROWS = "rows"
SETTLED = 0.1
"""Seconds by which the file's mtime has to be in the past: many steps of the kernel's clock."""
BUSY_MILLISECONDS, HURRIED_MILLISECONDS = 1000, 100
TAKES_NO_FILE = {errno.EACCES, errno.EPERM, errno.EROFS}
LABELLED = "SELECT count(*) FROM sqlite_master WHERE name = 'portal_identity'"


def file_beside(target: Path) -> Path:
    return target.with_name(target.name + ENDING)


class SqliteLeases(LeasePlace):
    def __init__(self, target: Path) -> None:
        self._target, self._file = target, file_beside(target)
        super().__init__(
            str(target),
            _engine(self._file, BUSY_MILLISECONDS),
            _engine(self._file, HURRIED_MILLISECONDS),
        )

    def read(self, *, quickly: bool = False) -> LeaseRows:
        """A page reuses the rows that an earlier page read, as long as the file is unchanged."""
        file = str(self._file)
        marks = marks_of(file, settled=SETTLED) if quickly and current_page() else None
        if marks is None or marks[1] is not None:  # it has no WAL, which a commit may leave late
            return super().read(quickly=quickly)
        known = answers_at((SqliteLeases, file), marks) or {}
        rows: LeaseRows = known.get(ROWS) or super().read(quickly=quickly)
        if ROWS not in known:
            keep_answers((SqliteLeases, file), marks)[ROWS] = rows
        return rows

    @contextmanager
    def _transaction(self, engine: Engine | None = None) -> Iterator[Connection]:
        self._require_file()
        with super()._transaction(engine) as connection:
            yield connection

    def _require_file(self) -> None:
        """A link leads to another file, perhaps the directory's: nothing is created in that."""
        try:
            mode = self._file.lstat().st_mode
        except FileNotFoundError:
            raise NoLeaseTables("there are no leases beside it") from None
        if not stat.S_ISREG(mode):
            raise LeaseStoreFault("it is a link, a folder or something else that is not a file")

    def why_cannot(self) -> str | None:
        if os.path.lexists(self._file) or os.access(self._file.parent, os.W_OK):
            return None
        return "its folder takes no new file"

    def stay_connected(self) -> None:
        """A file is opened for each use."""

    def disconnect(self) -> None:
        """None is open."""

    def _prepare(self) -> None:
        """Create the file, with the mode of the target's. Raises CannotBe in a read-only folder."""
        _require_labelled(self._target)
        facts = self._target.stat()
        try:
            descriptor = os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno in TAKES_NO_FILE:
                raise LeasesImpossible(
                    f"its folder takes no new file ({error.strerror})"
                ) from error
            raise
        try:
            os.fchmod(descriptor, facts.st_mode & 0o777)
            with suppress(PermissionError):
                os.fchown(descriptor, facts.st_uid, facts.st_gid)
        finally:
            os.close(descriptor)

    def _finish(self, connection: Connection) -> None:
        """The rights are those of the file."""


def _require_labelled(target: Path) -> None:
    with closing(sqlite3.connect(f"{target.as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute(LABELLED).fetchone()[0]:
            raise LeaseStoreFault("the database says nothing of what it is")


def _engine(file: Path, patience: int) -> Engine:
    """Without a pool, and without the rules for a directory's connections: it isn't one."""
    url = sqlite_url("The leases", URL.create("sqlite", database=str(file)))
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {patience}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("only_reads")
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return engine
