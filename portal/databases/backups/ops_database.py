"""Backups of the control room's own database, with the audit log's checkpoint.

If it is lost, a new one knows no target, so nothing may change until an admin adopts the targets
again; accounts and the log are restored from here.
"""

import time
from pathlib import Path

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.chain.checkpoint import Checkpoint, checkpoint_in
from portal.core.clock import now
from portal.core.configuration.settings import OPS, settings
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.backups.create import Proven, catalogue
from portal.databases.backups.files import alone, backups_folder, new_name
from portal.databases.backups.key import backup_key
from portal.databases.backups.models import Backup, Purpose
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines import engine_for
from portal.databases.engines.copies import Content, copier_for, sha256_of
from portal.databases.migrations.history import current_revision
from portal.databases.targets.models import ControlRoom
from portal.jobs.operations.progress import Progress, Quiet


def take_ops_backup(
    *, reason: str, by: Actor, progress: Progress, purpose: Purpose = Purpose.ASKED
) -> Backup:
    """Copy the ops database, verify the copy, and catalogue it. Commits what is open first.

    Raises Refused or Unavailable, and then nothing is catalogued and no file remains.
    """
    db.session.commit()
    backup_key()
    with alone(OPS):
        proven, checkpoint = _make(progress)
    return catalogue_ops(proven, checkpoint, reason=reason, by=by, purpose=purpose)


def copy_ops() -> tuple[Proven, Checkpoint]:
    """Like `take_ops_backup`, before the schema of ops changes: no operation can be recorded yet.

    The caller catalogues the backup afterwards. Raises Refused or Unavailable, and then no file
    remains.
    """
    backup_key()
    with alone(OPS):
        return _make(Quiet())


def catalogue_ops(
    proven: Proven,
    checkpoint: Checkpoint,
    *,
    reason: str,
    by: Actor,
    purpose: Purpose = Purpose.CHANGE,
) -> Backup:
    return catalogue(
        OPS, proven, reason=reason, by=by, purpose=purpose, checkpoint=checkpoint.as_json()
    )


def _make(progress: Progress) -> tuple[Proven, Checkpoint]:
    copier, taken_at, started = copier_for(settings().ops_changing_url), now(), time.monotonic()
    file = backups_folder() / f"{new_name(OPS, taken_at)}{copier.suffix}"
    with progress.step("Copy the control room's database while it runs"):
        content = copier.snapshot(file, watch=progress.advance)
    try:
        with progress.step("Restore the copy into scratch and compare"):
            uuid, revision, checkpoint = _prove(file, content)
        sha256, size = sha256_of(file), file.stat().st_size
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    seconds = time.monotonic() - started
    proven = Proven(file, taken_at, seconds, content, revision, uuid, sha256, size)
    return proven, checkpoint


def _prove(file: Path, content: Content) -> tuple[str, str | None, Checkpoint]:
    """Restore into scratch and compare; returns digest, revision and checkpoint of the copy."""
    with scratch_folder() as folder:
        url, restored = copier_for(settings().ops_changing_url).scratch(file, folder)
        if differing := content.differs_in(restored):
            raise Refused(f"The restored copy differs in {', '.join(differing)}.")
        with engine_for(url).reading() as connection:
            uuid = connection.scalar(select(ControlRoom.uuid))
            if uuid is None:
                raise Refused("The ops database belongs to no control room yet.")
            if _own_uuid() not in {None, uuid}:
                raise Refused(
                    "OPS_ADMIN_URL leads to another control room than OPS_DATABASE_URL.",
                    remedy="Point both to the same database.",
                )
            return uuid, current_revision(connection), checkpoint_in(connection)


def _own_uuid() -> str | None:
    """Read on a separate read-only connection: the session would keep the writer's lock, and the
    schema could not be changed.
    """
    with engine_for(settings().ops_url).reading() as connection:
        return connection.scalar(select(ControlRoom.uuid))
