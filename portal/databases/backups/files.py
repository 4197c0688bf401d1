"""Files of backups: their folder, their names, and the lock of one target."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Refused
from portal.core.files.private import make_folder, open_private
from portal.databases.backups.catalogue.rows import REMEDY, row_fault
from portal.databases.backups.models import Backup


def folder_of_backups() -> Path:
    """The path alone; the folder may not exist."""
    return settings().data / "backups"


def backups_folder() -> Path:
    """The folder, created if it does not exist."""
    return make_folder(folder_of_backups())


def file_of(backup: Backup) -> Path:
    """Raises Refused where the row is damaged: it could name a file outside of this folder."""
    if fault := row_fault(backup):
        raise Refused(f"Backup {backup.name} is damaged: {fault}.", remedy=REMEDY)
    return backups_folder() / backup.file


def new_name(target: str, at: datetime) -> str:
    return f"{_slug(target)}-{at:%Y-%m-%d-%H%M%S}-{secrets.token_hex(2)}"


def _slug(target: str) -> str:
    return target.replace("/", "-")


@contextmanager
def alone(target: str) -> Iterator[None]:
    """One backup of a target at a time; removes what a killed one left half-written.

    Raises Conflict while another one is being taken.
    """
    with os.fdopen(open_private(backups_folder() / f".{_slug(target)}.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"{target} is being backed up already.") from None
        for partial in backups_folder().glob(f"{_slug(target)}-[0-9]*.partial*"):
            partial.unlink()
        yield
