"""The cause of an error, by the codes of the engine or of the operating system."""

import sqlite3
from enum import StrEnum
from pathlib import Path

from sqlalchemy.exc import DBAPIError, InvalidRequestError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.core.faults import of_files, of_postgresql, of_sqlite

OF_A_LOST_CONNECTION = "8s2b"
"""SQLAlchemy's code, where a transaction goes on after its connection was lost."""
CLOSED_AGAIN = "This connection is closed"
"""Of its pool, where a server ends one new session after the other."""


class Cause(StrEnum):
    """Each has its own sentence, for the control room's database and for each target."""

    FULL = "full"
    READ_ONLY = "read-only"
    NO_RIGHTS = "no rights"
    DAMAGED = "damaged"
    MISSING = "missing"
    LOCKED = "locked"
    UNREACHABLE = "unreachable"
    CROWDED = "no free connection"
    NOT_SET_UP = "not set up"


def is_lost_session(error: BaseException) -> bool:
    """Whether a server ended the session before: what was begun is undone, and said by nothing
    else."""
    if isinstance(error, PendingRollbackError):
        return error.code == OF_A_LOST_CONNECTION
    return isinstance(error, InvalidRequestError) and str(error).startswith(CLOSED_AGAIN)


def cause_of(error: BaseException, file: Path | None = None) -> Cause | None:
    """None if the error says nothing about a database's or a disk's state, as a program's fault.

    `file`: of the database; some of SQLite's codes mean several things, and the file tells which.
    """
    if isinstance(error, PoolTimeout):
        return Cause.CROWDED
    if is_lost_session(error):
        return Cause.UNREACHABLE
    found = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(found, sqlite3.Error):
        name = of_sqlite.cause_name(found, file)
    elif isinstance(found, OSError):
        name = of_files.cause_name(found)
    elif isinstance(error, DBAPIError) or hasattr(found, "sqlstate"):
        name = of_postgresql.cause_name(found)
    else:
        name = None
    return Cause(name) if name else None
