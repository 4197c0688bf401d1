"""The catalogue's rows, read one by one: a bad row is reported by name and hides no other."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import lazyload

from portal.core.storage.database import db
from portal.databases.backups.models import Backup, BackupCopy

FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SHA256 = re.compile(r"[0-9a-f]{64}")
AT_ONCE = 500
"""The number of names in one statement."""
REMEDY = "Rebuild the row from its manifest: flask databases rebuild-catalogue"
"""For a damaged row."""
GARBLED = (ValueError, TypeError, LookupError, AttributeError, SQLAlchemyError)
"""The errors of a row whose columns have invalid values."""


@dataclass(frozen=True)
class BadRow:
    """A row that can't be read as a backup at all."""

    id: int
    name: str
    why: str

    def __str__(self) -> str:
        why = f"its row in the catalogue can’t be read ({self.why})"
        return f"Backup {self.name} is damaged: {why}."


class Sorted(NamedTuple):
    """The rows of a query: those that can be read, and the others by name."""

    readable: list[Backup]
    bad: list[BadRow]


def readable(query: Select[Backup]) -> list[Backup]:
    """The result of the query, without rows that can't be read."""
    return sorted_out(query).readable


def sorted_out(query: Select[Backup]) -> Sorted:
    try:
        return Sorted(list(db.session.scalars(query).unique()), [])
    except GARBLED:
        ids = db.session.scalars(query.with_only_columns(Backup.id)).unique().all()
        found = [_row(each) for each in ids]
        return Sorted(
            [each for each in found if isinstance(each, Backup)],
            [each for each in found if isinstance(each, BadRow)],
        )


def readable_copies(query: Select[BackupCopy]) -> list[BackupCopy]:
    """The result of the query, without copies whose own row or whose backup's row can't be read."""
    ids = db.session.scalars(query.with_only_columns(BackupCopy.id)).all()
    return [found for each in ids if (found := _copy(each))]


def bad_rows() -> list[BadRow]:
    """The rows of the whole catalogue that `readable` leaves out, by name. Reads all of it: for the
    worker and commands.
    """
    try:
        db.session.scalars(select(Backup).options(lazyload(Backup.copies))).all()
    except GARBLED:
        ids = db.session.scalars(select(Backup.id).order_by(Backup.name)).all()
        return [found for each in ids if isinstance(found := _row(each), BadRow)]
    return []


def known_names() -> set[str]:
    """The names of all rows, bad ones included."""
    return {str(name) for name in db.session.scalars(select(Backup.name))}


def known_among(names: Collection[str]) -> set[str]:
    """Those of the names that have a row, bad ones included."""
    wanted, found = sorted(names), set[str]()
    for at in range(0, len(wanted), AT_ONCE):
        query = select(Backup.name).where(Backup.name.in_(wanted[at : at + AT_ONCE]))
        found |= {str(name) for name in db.session.scalars(query)}
    return found


def row_fault(backup: Backup) -> str | None:
    """Why the row is not that of a backup: what it names must be a file in the backups' folder."""
    wrong = next((name for name, fits in _fits(backup).items() if not fits), None)
    return f"its row in the catalogue holds no fitting “{wrong}”" if wrong else None


def _fits(backup: Backup) -> dict[str, bool]:
    name, file, counts = backup.name or "", backup.file or "", backup.counts
    return {
        "name": bool(FILE.fullmatch(name)),
        "target": bool(backup.target),
        "database_uuid": bool(backup.database_uuid),
        "file": bool(FILE.fullmatch(file)) and Path(file).stem == name,
        "sha256": bool(SHA256.fullmatch(backup.sha256 or "")),
        "size": isinstance(backup.size, int) and backup.size > 0,
        "content_digest": bool(backup.content_digest),
        "counts": isinstance(counts, dict)
        and all(isinstance(count, int) for count in counts.values()),
        "taken_at": backup.taken_at is not None,
    }


def _copy(copy_id: int) -> BackupCopy | None:
    try:
        copy = db.session.get(BackupCopy, copy_id)
        return copy if copy and copy.backup and copy.store else None
    except GARBLED:
        return None


def _row(row_id: int) -> Backup | BadRow | None:
    try:
        return db.session.scalars(select(Backup).where(Backup.id == row_id)).one_or_none()
    except GARBLED as error:
        name = db.session.scalar(select(Backup.name).where(Backup.id == row_id))
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        return BadRow(row_id, str(name), why)
