"""The error for a locked database: which process holds its lock.

A process that hangs blocks all writers of a SQLite file.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import sqlite_path
from portal.core.errors import PortalError, StaffFault
from portal.core.storage.database import OpsModel, db
from portal.core.storage.writer_lock import has_waited_in_vain

LOCKS = Path("/proc/locks")
WAL_WRITER = 120
"""The byte of `<file>-shm` that SQLite locks for the one writer."""
IMPATIENCE = 1.0
"""Seconds."""


def is_locked(error: DBAPIError) -> bool:
    return "database is locked" in str(error.orig) or has_waited_in_vain(error)


def busy(url: URL, name: str = "The control room’s database") -> StaffFault:
    """The error for a database that could not be written."""
    holders = writers(url)
    who = f"process {holders[0]}" if holders else "another process"
    hanging = f"end it: kill -9 {holders[0]}" if holders else "end it"
    return StaffFault(
        f"{name} is busy: {who} holds its lock. Nothing was changed.",
        remedy=f"Try again in a minute. If that process hangs, {hanging}",
    )


_LIMIT_AND_TELL = text(
    "WITH before AS MATERIALIZED (SELECT current_setting('statement_timeout') AS was)"
    " SELECT was FROM before, LATERAL set_config('statement_timeout', :limit, false)"
    " WHERE was IS NOT NULL"
)


@contextmanager
def impatience() -> Iterator[None]:
    """Statements of the session on ops wait a second at most, for a lock or for an answer.

    For pages that only read, and have something to show without it. Ends the session's transaction.
    """
    limit = int(IMPATIENCE * 1000)
    mapper = next(iter(OpsModel.registry.mappers))
    connection = db.session.connection(bind_arguments={"mapper": mapper})
    if connection.dialect.name == "sqlite":  # a connection is used for one transaction
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {limit}")
        yield
        return
    limited = text("SELECT set_config('statement_timeout', :limit, false)")
    before = connection.scalar(_LIMIT_AND_TELL, {"limit": str(limit)})
    try:
        yield
    except PortalError:
        connection.execute(limited, {"limit": before})
        raise
    except BaseException:
        connection.invalidate()  # rather than used again with this limit
        raise
    connection.execute(limited, {"limit": before})


def writers(url: URL) -> list[int]:
    """The processes on this machine that hold the writer's lock now, if that can be determined."""
    file = sqlite_path(url)
    if file is None:
        return []
    wanted = {_identity(file): None, _identity(Path(f"{file}-shm")): str(WAL_WRITER)}
    try:
        lines = [each.split() for each in LOCKS.read_text().splitlines()]
    except OSError:
        return []
    found = [each for each in lines if len(each) == 8 and each[3] == "WRITE" and each[5] in wanted]
    return sorted({int(each[4]) for each in found if wanted[each[5]] in {None, each[6]}})


def _identity(file: Path) -> str:
    """The file's device and inode, as the kernel prints them."""
    try:
        facts = file.stat()
    except OSError:
        return ""
    return f"{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}"
