"""Asks a database now, over a connection of its own, whether pages can use it."""

import sqlite3
import time
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import Settings
from portal.core.errors import PortalError
from portal.core.faults import of_files
from portal.core.faults.asking import opened, server_of
from portal.core.faults.cause import Cause
from portal.core.faults.places import Place
from portal.core.faults.sentences import fault_at, fault_of

READING = 0.5
"""Seconds of reading a file's pages, at most, each time that it has changed."""
STEPS = 10_000
"""Of SQLite's machine between two looks at the clock."""
_TABLES = "SELECT count(*) FROM sqlite_master"
_SERVER = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"


def fault_now(place: Place, config: Settings, *, writing: bool = True) -> PortalError | None:
    """Why the database can't be used, if it can't. `writing`: reading alone is not enough."""
    try:
        if place.file is None:
            return _of_server(place, writing=writing)
        return _of_file(place, place.file, writing=writing)
    except (DBAPIError, sqlite3.Error, OSError) as error:
        return fault_of(error, config, about=place)


def _of_file(place: Place, file: Path, *, writing: bool) -> PortalError | None:
    if not file.is_file():
        return fault_at(place, Cause.MISSING)
    tables, verdict = _read(file, *_state(file))
    if verdict:
        return fault_at(place, Cause.DAMAGED, sqlite3.DatabaseError(verdict))
    if place.is_ops and not tables:
        return fault_at(place, Cause.NOT_SET_UP)
    name = of_files.obstacle(file) if writing else None
    return fault_at(place, Cause(name)) if name else None


def _state(file: Path) -> tuple[int, int, int]:
    facts = file.stat()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=16)
def _read(file: Path, *_state: int) -> tuple[int, str | None]:
    """The number of tables, and what SQLite says against the file’s pages, as far as it gets in
    time; once for each state of the file."""
    end = time.monotonic() + READING
    with closing(opened(file)) as connection:
        ((tables,),) = connection.execute(_TABLES).fetchall()
        connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        try:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return tables, None
            raise
    return tables, None if verdict == "ok" else " ".join(str(verdict).split())


def _of_server(place: Place, *, writing: bool) -> PortalError | None:
    """A new connection, like those that pages open; the pool’s may be older than a limit."""
    with server_of(place).connect() as connection:
        is_read_only = connection.exec_driver_sql(_SERVER).scalar()
    return fault_at(place, Cause.READ_ONLY) if is_read_only and writing else None
