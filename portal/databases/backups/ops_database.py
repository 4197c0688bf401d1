"""Backups of the control room's own database, with the audit log's checkpoint.

If it is lost, a new one knows no target, so nothing may change until an admin adopts the targets
again; accounts and the log are restored from here.
"""

from sqlalchemy import Connection, select

from portal.audit.actor import Actor
from portal.audit.chain.checkpoint import Checkpoint, checkpoint_in
from portal.core.configuration.settings import OPS, settings
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.backups.create import VerifiedCopy, catalogue, copy_proven
from portal.databases.backups.files import alone
from portal.databases.backups.key import backup_key
from portal.databases.backups.models import Backup, Purpose
from portal.databases.engines import engine_for
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


def copy_ops() -> tuple[VerifiedCopy, Checkpoint]:
    """Like `take_ops_backup`, before the schema of ops changes: no operation can be recorded yet.

    The caller catalogues the backup afterwards. Raises Refused or Unavailable, and then no file
    remains.
    """
    backup_key()
    with alone(OPS):
        return _make(Quiet())


def catalogue_ops(
    proven: VerifiedCopy,
    checkpoint: Checkpoint,
    *,
    reason: str,
    by: Actor,
    purpose: Purpose = Purpose.CHANGE,
) -> Backup:
    return catalogue(
        OPS, proven, reason=reason, by=by, purpose=purpose, checkpoint=checkpoint.as_json()
    )


def _make(progress: Progress) -> tuple[VerifiedCopy, Checkpoint]:
    url, what = settings().ops_changing_url, "the control room's database"
    return copy_proven(OPS, url, _read_copy, progress, what=what)


def _read_copy(connection: Connection) -> tuple[str | None, str, Checkpoint]:
    """Its revision, the control room's uuid, and the audit log's checkpoint."""
    uuid = connection.scalar(select(ControlRoom.uuid))
    if uuid is None:
        raise Refused("The ops database belongs to no control room yet.")
    if _own_uuid() not in {None, uuid}:
        raise Refused(
            "OPS_ADMIN_URL leads to another control room than OPS_DATABASE_URL.",
            remedy="Point both to the same database.",
        )
    return current_revision(connection), uuid, checkpoint_in(connection)


def _own_uuid() -> str | None:
    """Read on a separate read-only connection: the session would keep the writer's lock, and the
    schema could not be changed.
    """
    with engine_for(settings().ops_url).reading() as connection:
        return connection.scalar(select(ControlRoom.uuid))
