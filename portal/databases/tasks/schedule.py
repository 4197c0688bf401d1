"""What runs at the times of BACKUP_SCHEDULE: a backup of everything, then retention."""

from collections.abc import Callable
from functools import partial

from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Unavailable
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.catalogue.rows import bad_rows
from portal.databases.backups.key import backup_key, key_fault
from portal.databases.backups.manifest_faults import uncatalogued
from portal.databases.backups.models import Purpose
from portal.databases.backups.offsite.check import look_at_copies
from portal.databases.backups.offsite.configured import the_store
from portal.databases.backups.offsite.ownership import require_own_store, this_owner
from portal.databases.backups.ops_database import take_ops_backup
from portal.databases.backups.retention import (
    find_damaged,
    lacking_manifests,
    next_removals,
    remove_copy,
    remove_here,
    removed_copies,
)
from portal.databases.targets.config import targets
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every_tick
from portal.jobs.worker.schedules import when_due

SCHEDULE = "backups"
REASON = "Scheduled"
# Every file is read once a day, in the night of UTC.
CHECK, CHECKED_AT = "backup check", "20 3 * * *"


def _again_next_time(_operation: Operation) -> Truth:
    return OperationState.FAILED, "What was not done is done the next time.", None


@job("backups.ops", title="Back up the control room", reconcile=_again_next_time)
def back_up_ops(progress: Progress, operation: Operation) -> JsonDict:
    taken = take_ops_backup(
        reason=str(operation.arguments.get("reason") or "Asked for"),
        by=operation.requested_by,
        progress=progress,
        purpose=Purpose(operation.arguments.get("purpose") or Purpose.ASKED),
    )
    entries = (taken.checkpoint or {}).get("entries")
    return {
        "sentence": f"{taken.name}: {len(taken.counts)} tables equal, {entries} log entries.",
        "backup": taken.name,
    }


@job("backups.tidy", title="Remove old backups", reconcile=_again_next_time)
def tidy(progress: Progress, operation: Operation) -> JsonDict:
    """Here first; if the store does not answer, its copies are removed the next time.

    Damage is recorded before anything is removed: a damaged backup must not replace an intact one.
    """
    by, here, there = operation.requested_by, 0, 0
    with progress.step("Read what is kept"):
        damaged = find_damaged(by=by)
        for backup in damaged:
            progress.say(f"Backup {backup.name} is damaged: {backup.damage}.")
        db.session.commit()
    if why := key_fault():
        raise Unavailable(f"Nothing was removed: {why}")
    failed: list[str] = []
    for backup in next_removals():
        progress.say(f"{backup.name}, taken {backup.taken_at:%Y-%m-%d %H:%M} UTC, goes.")
        here += _removed(partial(remove_here, backup, by=by), failed, progress)
    if settings().backup_store is not None:
        store, owner = the_store(), this_owner(backup_key())
        copies = removed_copies(store.address)
        db.session.commit()  # ops is not locked while the store is contacted
        if copies and _removed(partial(require_own_store, store, owner), failed, progress):
            for copy in copies:
                there += _removed(partial(remove_copy, copy, store, by=by), failed, progress)
    harm = f" {len(damaged)} found damaged: fetch or take them again." if damaged else ""
    sentence = f"{here} removed here, {there} in the store.{harm}"
    if failed:
        raise Unavailable(f"{sentence} {len(failed)} could not be removed. {failed[-1]}")
    return {"sentence": sentence}


def _removed(remove: Callable[[], None], failed: list[str], progress: Progress) -> bool:
    """One that can't be removed never blocks the others; it is reported, and retried later."""
    try:
        remove()
    except PortalError as error:
        db.session.rollback()
        failed.append(str(error))
        progress.say(failed[-1])
        return False
    db.session.commit()
    return True


@job("backups.check", title="Read every backup", reconcile=_again_next_time)
def check_backups(progress: Progress, operation: Operation) -> JsonDict:
    """Whether each file is still what was verified, whatever the schedule of backups is."""
    with progress.step("Read every backup"):
        damaged = find_damaged(by=operation.requested_by)
        db.session.commit()
    sentences = [f"Backup {backup.name} is damaged: {backup.damage}." for backup in damaged]
    sentences += [str(row) for row in bad_rows()]
    sentences += [f"Backup {each.name}: {why}." for each, why in lacking_manifests()]
    sentences += uncatalogued()
    if why := key_fault():
        sentences.append(why)
    elif settings().backup_store is not None:
        db.session.commit()  # ops is not locked while the store is contacted
        with progress.step("Look at the copies in the store"):
            sentences += _check_copies(progress, operation)
    for sentence in sentences:
        progress.say(sentence)
    return {"sentence": f"{len(sentences)} damaged." if sentences else "Every backup is whole."}


def _check_copies(progress: Progress, operation: Operation) -> list[str]:
    try:
        return look_at_copies(the_store(), by=operation.requested_by, alive=progress.check_alive)
    except Unavailable as error:
        return [str(error)]


@every_tick
def begin_check() -> None:
    """Request the daily check; commits."""
    when_due(CHECK, CHECKED_AT, lambda: request_operation("backups.check", by=SYSTEM))


@every_tick
def begin_scheduled_backups() -> None:
    """Request every backup that the schedule names, once each time; commits."""
    expression = settings().backup_schedule
    if expression is not None:
        when_due(SCHEDULE, expression, request_backups)


def request_backups() -> None:
    """Request a backup of every registered target and of the control room, then retention."""
    arguments = {"reason": REASON, "purpose": Purpose.SCHEDULED.value}
    for target in targets():
        if registered_target(target.name):
            request_operation(
                "databases.backup", by=SYSTEM, target=target.name, arguments=dict(arguments)
            )
    request_operation("backups.ops", by=SYSTEM, arguments=dict(arguments))
    request_operation("backups.tidy", by=SYSTEM)
