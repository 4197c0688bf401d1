"""SQLite's codes. Where a code means several things, its file and the file's disk tell which."""

import sqlite3
from pathlib import Path

from portal.core.faults import of_files

PRIMARY = 0xFF
NAMES = {
    sqlite3.SQLITE_FULL: "full",
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), "locked"),
    sqlite3.SQLITE_PERM: "no rights",
    **dict.fromkeys(
        (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT), "damaged"
    ),
    sqlite3.SQLITE_PROTOCOL: "locked",
}
DAMAGED_READS = frozenset(
    {
        sqlite3.SQLITE_IOERR_SHORT_READ,
        getattr(sqlite3, "SQLITE_IOERR_DATA", 8202),
        getattr(sqlite3, "SQLITE_IOERR_CORRUPTFS", 8458),
    }
)
OF_FILE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})
MOVED = sqlite3.SQLITE_READONLY_DBMOVED
NOT_SET_UP = ("no such table", "no such column", "has no column named")
MESSAGES = {
    "unable to open database file": sqlite3.SQLITE_CANTOPEN,
    "database is locked": sqlite3.SQLITE_BUSY,
}
"""Of errors that come without a code."""


def cause_name(error: sqlite3.Error, file: Path | None) -> str | None:
    message = str(error)
    code = getattr(error, "sqlite_errorcode", None) or MESSAGES.get(message, 0)
    primary = code & PRIMARY
    if primary in NAMES:
        return NAMES[primary]
    if code in DAMAGED_READS:
        return "damaged"
    if code == MOVED:
        return "missing"
    if primary in OF_FILE:
        return _by_file(primary, file)
    return "not set up" if message.startswith(NOT_SET_UP) or _lacks_column(message) else None


def _lacks_column(message: str) -> bool:
    return " has no column named " in message


def _by_file(primary: int, file: Path | None) -> str:
    otherwise = "read-only" if primary == sqlite3.SQLITE_READONLY else "unreachable"
    return (of_files.obstacle(file) if file else None) or otherwise
