"""What is left at an address of a database that is gone or damaged: files; of a server nothing."""

from pathlib import Path

from sqlalchemy.engine import URL

from portal.core.clock import now
from portal.core.configuration.settings import sqlite_path

ENDINGS = ("", "-wal", "-shm", "-journal")
"""The file, and what SQLite writes beside it: a new database at the same path must not meet it."""


def remains(url: URL) -> list[Path]:
    file = sqlite_path(url)
    named = (file.with_name(file.name + ending) for ending in ENDINGS) if file else ()
    return [each for each in named if each.exists()]


def set_aside(url: URL) -> list[Path]:
    """Rename the remains, so that a new database gets the address; returns the new names.

    Nothing is deleted. The caller must have checked that no database can be read there.
    """
    suffix = f".aside-{now():%Y%m%dT%H%M%S%f}"
    return [each.rename(each.with_name(each.name + suffix)) for each in remains(url)]
