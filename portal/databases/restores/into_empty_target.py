"""Restores a backup where there is no database: the first step after a machine was lost.

The database has no owner until an admin adopts it; existing data is never overwritten.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import Refusal, Refused
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.integrity import require_whole
from portal.databases.backups.models import Backup
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.copies import copier_for
from portal.databases.migrations.applied import note_restored
from portal.databases.restores.requirements import require_allowed, require_restorable
from portal.databases.targets.config import Target
from portal.jobs.operations.progress import Progress


def is_vacant(target: Target) -> bool:
    """Whether there is no database at the target's address, or one without any table."""
    engine = engine_for(target.url)
    return not engine.exists() or _is_empty(engine)


def place_backup(
    target: Target, backup: Backup, *, text: str, by: Actor, progress: Progress
) -> JsonDict:
    """Create the target's database from a verified backup. Commits. Raises Refused."""
    require_allowed(target, text, by=by)
    _require_own(target, backup)
    file, name = require_whole(backup), backup.name
    digest, uuid = backup.content_digest, backup.database_uuid
    db.session.commit()  # ops is not locked during the restore into scratch
    with progress.step("Restore the backup into scratch and compare"):
        require_restorable(target, backup)
    record("restore.started", name, by=by, outcome=Outcome.INTENT, target=target.name)
    db.session.commit()
    with progress.step(f"Make {target.name} from {name}"), scratch_folder() as folder:
        _require_vacant(target, name)
        with _leaving_nothing(target, name, by=by):
            engine_for(target.url).create()
            by_hand = copier_for(target.url).restore(
                file, folder=folder, digest=digest, database_uuid=uuid, watch=progress.advance
            )
    note_restored(backup)
    for sentence in by_hand:
        progress.say(sentence)
    record("restore.finished", name, by=by, target=target.name, details={"placed": True})
    return {
        "sentence": f"{target.name} was restored from {name}. It can't be changed until an"
        f" admin has adopted it: flask databases adopt {target.name}"
    }


@contextmanager
def _leaving_nothing(target: Target, name: str, *, by: Actor) -> Iterator[None]:
    """On failure, drop the empty database that was created for it, and record the failure."""
    engine = engine_for(target.url)
    existed = engine.exists()
    try:
        yield
    except BaseException as error:
        if not existed and engine.exists() and _is_empty(engine):
            engine.drop()
        record("restore.finished", name, by=by, outcome=Outcome.FAILED, target=target.name,
               reason=str(error))  # fmt: skip
        db.session.commit()
        raise


def _require_own(target: Target, backup: Backup) -> None:
    if backup.target != target.name:
        raise _refused(target, backup.name, f"Backup {backup.name} is one of {backup.target}.")
    _require_vacant(target, backup.name)


def _require_vacant(target: Target, name: str) -> None:
    if not is_vacant(target):
        raise _refused(target, name, f"There already is a database at {target.name}'s address.")


def _is_empty(engine: DatabaseEngine) -> bool:
    with engine.reading() as connection:
        return not engine.tables(connection)


def _refused(target: Target, name: str, sentence: str) -> Refused:
    return Refused(sentence, refusal=Refusal("restore.started", target.name, {"backup": name}))
