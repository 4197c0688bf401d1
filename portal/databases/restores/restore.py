"""Restores a verified backup into the live database, as a whole or not at all."""

from collections.abc import Callable

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import PortalError
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.create import take_backup
from portal.databases.backups.integrity import require_whole
from portal.databases.backups.models import Backup, Purpose
from portal.databases.restores.replace import Replacement, finish_restores
from portal.databases.restores.requirements import (
    require_allowed,
    require_fitting,
    require_own,
    require_restorable,
)
from portal.databases.restores.settle import record_restored
from portal.databases.targets.config import Target
from portal.databases.targets.registry import outcome_must_be_recorded
from portal.jobs.operations.progress import Progress


def restore_target(
    target: Target, backup: Backup, *, text: str, by: Actor, progress: Progress
) -> JsonDict:
    """Put a verified backup into the live database, after a backup of its present content.

    Raises Refused or Unavailable, and then the live database is unchanged. A restore requires
    identity, confirmation and compatible releases, but no window and no soak time.
    """
    require_allowed(target, text, by=by)
    require_whole(backup)
    require_fitting(target, backup)
    db.session.commit()  # ops is not locked meanwhile; all of it is checked again afterwards
    with progress.step("Restore the backup into scratch and compare"):
        require_restorable(target, backup)
    present = _back_up_present(target, backup, by=by, progress=progress)
    return _carry_out(target, backup, require_fitting, present=present, by=by, progress=progress)


def restore_before_change(
    target: Target, backup: Backup, *, by: Actor, progress: Progress
) -> JsonDict:
    """Restore the backup that was taken before a change which did not verify.

    It needs no confirmation and waits for no release: code that can't serve the old schema shows
    its maintenance page. The present content is backed up if possible: it may be broken.
    """
    require_whole(backup)
    require_own(target, backup)
    present = None
    try:
        present = _back_up_present(target, backup, by=by, progress=progress)
    except PortalError as error:
        db.session.rollback()
        progress.say(f"What the change left could not be backed up: {error}")
    return _carry_out(target, backup, require_own, present=present, by=by, progress=progress)


def _back_up_present(target: Target, backup: Backup, *, by: Actor, progress: Progress) -> str:
    reason = f"Before restoring {backup.name}"
    return take_backup(
        target, reason=reason, by=by, progress=progress, purpose=Purpose.RESTORE
    ).name


def _carry_out(
    target: Target,
    backup: Backup,
    check: Callable[[Target, Backup], None],
    *,
    present: str | None,
    by: Actor,
    progress: Progress,
) -> JsonDict:
    """`check` is repeated here, since the backup of the present content took time."""
    name = backup.name
    replacement = Replacement(target, backup, by=by)
    try:
        progress.check_alive()
        check(target, backup)
        db.session.rollback()
        replacement.drain(progress)
        with progress.step(f"Restore {name} into {target.name}"):
            by_hand = replacement.carry_out(progress)
    except BaseException as error:
        db.session.rollback()
        finish_restores(target.name, name, is_done=False)
        record("restore.finished", name, by=by, outcome=Outcome.FAILED, target=target.name,
               reason=str(error))  # fmt: skip
        db.session.commit()
        raise
    for sentence in by_hand:
        progress.say(sentence)
    with outcome_must_be_recorded():
        return record_restored(target, name, present, by=by, by_hand=by_hand)
