"""Retention: which backups expire, and their removal, here and in the store.

For each target it keeps all of the last day, the newest, the newest before a change, and the newest
of each of the last days, weeks and months that have one, as BACKUP_KEEP says. Only intact backups
count: one that was never verified, or is damaged or missing, does not replace another, and is kept
for a person to inspect.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.configuration.retention_setting import RetentionRule
from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.files.object_store import Store
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backups, standing_backups
from portal.databases.backups.catalogue.rows import readable_copies
from portal.databases.backups.files import backups_folder, file_of
from portal.databases.backups.integrity import FRESH, damage_meanwhile, visible_damage
from portal.databases.backups.key import key_fault
from portal.databases.backups.manifest_faults import manifest_fault
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.backups.offsite.encrypted_copy import MANIFEST, sealed_name

Period = Callable[[datetime], object]

BECAUSE = "Retention"


def damaged_backups() -> list[Backup]:
    """Verified backups that are not intact on this machine, as far as a quick check finds."""
    return [
        each for each in standing_backups() if each.is_proven and visible_damage(each) is not None
    ]


def lacking_manifests() -> list[tuple[Backup, str]]:
    """Intact backups that could not be entered again if the catalogue were lost, and why."""
    return [
        (each, why)
        for each in standing_backups()
        if each.is_proven and visible_damage(each) is None and (why := manifest_fault(each))
    ]


def next_removals(at: datetime | None = None) -> list[Backup]:
    """What retention would remove at that time; the oldest first."""
    kept = _kept()
    owners = sorted({_owner(each) for each in kept})
    found = [
        backup
        for owner in owners
        for backup in superfluous(
            [each for each in kept if _owner(each) == owner], settings().backup_keep, at or now()
        )
    ]
    return sorted(found, key=lambda each: each.taken_at)


def _owner(backup: Backup) -> tuple[str, str]:
    """Backups of one database never expire those of another that had the same name."""
    return backup.target, backup.database_uuid


def superfluous(kept: list[Backup], keep: RetentionRule, at: datetime) -> list[Backup]:
    """The backups that no rule keeps; `kept` are those of one database, the newest first."""
    staying = {each.name for each in kept if at - each.taken_at <= FRESH}
    staying |= {each.name for each in kept[:1]}
    staying |= {each.name for each in islice((one for one in kept if one.is_before_change), 1)}
    for count, period in (
        (keep.daily, lambda when: when.date()),
        (keep.weekly, lambda when: when.isocalendar()[:2]),
        (keep.monthly, lambda when: (when.year, when.month)),
    ):
        staying |= {each.name for each in islice(_newest_of_each(kept, period), count)}
    return [each for each in kept if each.name not in staying]


def remove_here(backup: Backup, *, by: Actor) -> None:
    """Removes the files first: a backup recorded as removed has none. The caller commits. Raises
    Unavailable, or Refused for a row that names no file of its own.
    """
    file = file_of(backup)
    try:
        file.unlink(missing_ok=True)
        (backups_folder() / f"{backup.name}.json").unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{backup.name} can’t be removed: {error.strerror}.") from error
    backup.removed_at, backup.removed_because = now(), BECAUSE
    _record(backup, "here", by=by)


def find_damaged(*, by: Actor) -> list[Backup]:
    """Read every file; record which are damaged or missing, and which are intact again.

    Returns all that are damaged. Commits each, so that ops is not locked while a file is read.
    """
    checked = [each for each in backups() if each.is_proven and each.removed_at is None]
    for backup in checked:
        _check(backup, by=by)
        db.session.commit()
    return [each for each in checked if each.damage and each.removed_at is None]


def _check(backup: Backup, *, by: Actor) -> None:
    """Recorded if it changes, not each time that it is seen; a backup that was removed while it was
    read is not damaged.
    """
    damage = damage_meanwhile(backup)
    db.session.refresh(backup)
    if backup.removed_at is not None:
        return
    known, name = backup.damage, backup.name
    backup.checked_at, backup.damage = now(), damage
    if damage and not known:
        failed = Outcome.FAILED
        record("backup.damaged", name, by=by, outcome=failed, target=backup.target, reason=damage)
    elif known and not damage:
        record("backup.recovered", name, by=by, target=backup.target)


def _kept() -> list[Backup]:
    """Backups that count for retention: verified, without visible damage, and with a manifest from
    which they could be entered again. Empty if there is no key to check the manifests with.
    """
    if key_fault():
        return []
    return [
        each
        for each in standing_backups()
        if each.is_proven and visible_damage(each) is None and manifest_fault(each) is None
    ]


def removed_copies(store: str) -> list[BackupCopy]:
    """Copies in this store of backups that are removed here."""
    query = (
        select(BackupCopy)
        .join(Backup)
        .where(BackupCopy.store == store, BackupCopy.state == CopyState.STORED)
        .where(Backup.removed_at.is_not(None))
    )
    return readable_copies(query.order_by(Backup.taken_at))


def remove_copy(copy: BackupCopy, store: Store, *, by: Actor) -> None:
    """Removes the manifest first: without it a copy no longer counts. The caller commits; open
    changes are committed before the store is contacted.
    """
    backup = copy.backup
    files = backup.name + MANIFEST, sealed_name(backup)
    db.session.commit()
    for file in files:
        store.remove(file)
    copy.state = CopyState.REMOVED
    _record(backup, store.address, by=by)


def _newest_of_each(kept: list[Backup], period: Period) -> Iterator[Backup]:
    """Periods without a backup do not count: a gap in backups never expires the last one."""
    seen: set[object] = set()
    for each in kept:
        if (key := period(each.taken_at)) not in seen:
            seen.add(key)
            yield each


def _record(backup: Backup, where: str, *, by: Actor) -> None:
    record(
        "backup.removed",
        backup.name,
        by=by,
        target=backup.target,
        details={"where": where, "sha256": backup.sha256, "taken": backup.taken_at.isoformat()},
        reason=BECAUSE,
    )
