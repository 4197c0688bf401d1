"""Errors of an unavailable ops database: which process holds its lock, or that it is missing.

A process that hangs blocks all writers of a SQLite file.
"""

import os
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import sqlite_path
from portal.core.errors import Unavailable
from portal.core.storage.writer_lock import has_waited_in_vain

LOCKS = Path("/proc/locks")
WAL_WRITER = 120
"""The byte of `<file>-shm` that SQLite locks for the one writer."""


def is_locked(error: DBAPIError) -> bool:
    return "database is locked" in str(error.orig) or has_waited_in_vain(error)


def is_gone(error: DBAPIError) -> bool:
    """Whether the database could not be reached: no file, no server, no access."""
    if "unable to open database file" in str(error.orig):
        return True
    return getattr(error.orig, "sqlstate", "") is None


def busy(url: URL) -> Unavailable:
    """The error for an ops database that could not be written."""
    holders = writers(url)
    who = f"process {holders[0]}" if holders else "another process"
    hanging = f"end it: kill -9 {holders[0]}" if holders else "end it"
    return Unavailable(
        f"The control room’s database is busy: {who} holds its lock. Nothing was changed.",
        remedy=f"Try again in a minute. If that process hangs, {hanging}",
    )


def gone() -> Unavailable:
    return Unavailable(
        "The control room’s own database can’t be reached.",
        remedy="The operator of this machine can check it with: flask portal setup",
    )


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
