"""What becomes of a copy without a row: entered, set aside, wiped when nothing needs it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.models import AuditEntry
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.backups.catalogue.rebuild import entered, read_file
from portal.databases.backups.files import folder_of_backups
from portal.databases.backups.key import BackupKey, backup_key
from portal.databases.backups.manifest_faults import manifest_fault
from portal.databases.backups.models import Backup
from portal.databases.backups.strays.aside import (
    PATIENCE,
    Aside,
    all_aside,
    set_aside,
    set_database_aside,
    wipe,
)
from portal.databases.backups.strays.find import Stray, left_in_scratch, left_on_servers, strays

NO_MANIFEST = "No manifest of this control room says what it holds."
NOT_SCRATCH = "It was in scratch, without the lock of a scratch folder."
EXPIRED = "Set aside for 14 days, and a newer verified backup exists."


@dataclass
class Sorted:
    """The names of what was entered, set aside and wiped; `problems`: what could not be."""

    entered: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    wiped: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def sort_strays(*, by: Actor) -> Sorted:
    """Commits each, and holds no lock on ops while a file is read. One that can't be dealt with
    does not keep the others waiting."""
    done = Sorted()
    for stray in strays():
        _try(done, partial(_sort, stray, done, by))
    for path in left_in_scratch():
        _try(done, partial(_put, path, NOT_SCRATCH, done, by))
    for target, database in left_on_servers():
        _try(done, partial(_close, target, database, done, by))
    for found in list(expired()):
        _try(done, partial(_wipe, found, done, by))
    return done


def _try(done: Sorted, do: Callable[[], None]) -> None:
    db.session.rollback()
    try:
        do()
        db.session.commit()
    except PortalError as error:
        db.session.rollback()
        done.problems.append(str(error))


def _sort(stray: Stray, done: Sorted, by: Actor) -> None:
    backup = _vouched(stray, backup_key())
    if backup is None:
        _put(stray.file, NO_MANIFEST, done, by, stray.manifest)
        return
    entered(backup)
    record("catalogue.rebuilt", backup.name, by=by, target=backup.target)
    done.entered.append(backup.name)


def _vouched(stray: Stray, key: BackupKey) -> Backup | None:
    """The row that its manifest describes, if this key signed it and it is about this file."""
    if not stray.manifest.is_file():
        return None
    try:
        backup = read_file(stray.manifest, key)
    except PortalError:
        return None
    return backup if backup.vouched and backup.file == stray.file.name else None


def _put(path: Path, why: str, done: Sorted, by: Actor, manifest: Path | None = None) -> None:
    done.aside.append(set_aside(path, by=by, why=why, manifest=manifest).name)


def _close(target: str, database: str, done: Sorted, by: Actor) -> None:
    done.aside.append(set_database_aside(target, database, by=by).name)


def _wipe(found: Aside, done: Sorted, by: Actor) -> None:
    wipe(found, by=by, why=EXPIRED)
    done.wiped.append(found.name)


def expired() -> Iterator[Aside]:
    """Those whose time is over, and that a newer verified backup of the same database replaces."""
    old = [each for each in all_aside() if now() - each.since > PATIENCE]
    if not old or is_ops_older():
        return
    for each in old:
        newer = newest_backup(each.target) if each.target else None
        if newer and newer.taken_at > each.since and manifest_fault(newer) is None:
            yield each


def is_ops_older() -> bool:
    """Whether a backup was taken that this ops database did not record: then it is an older copy
    of itself, or a new one, and its catalogue proves nothing. Also if that is not known."""
    newest = max(_signed(), key=lambda each: each.taken_at, default=None)
    if newest is None:
        return True
    taken = select(AuditEntry.seq).where(AuditEntry.action == "backup.taken")
    own = taken.where(AuditEntry.canonical.contains(f'"{newest.name}"', autoescape=True))
    return db.session.scalar(own.limit(1)) is None


def _signed() -> Iterator[Backup]:
    key = backup_key()
    for file in folder_of_backups().glob("*.json"):
        try:
            backup = read_file(file, key)
        except PortalError:
            continue
        if backup.vouched:
            yield backup
