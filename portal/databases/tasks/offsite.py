"""The worker's tasks for copies off the machine: finds what is due, uploads, downloads."""

from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Unavailable
from portal.core.files.object_store import Store
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.catalogue.rows import GARBLED
from portal.databases.backups.models import CopyState
from portal.databases.backups.offsite.configured import the_store
from portal.databases.backups.offsite.download import fetch_backup
from portal.databases.backups.offsite.upload import copies_due, copy_backup
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Interrupted, Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every_tick

COPY = "backups.copy"
OPEN = (OperationState.WAITING, OperationState.RUNNING)


def _outcome_by_rows(_operation: Operation) -> Truth:
    return OperationState.FAILED, "Each copy that arrived says so; the others are sent again.", None


@job(COPY, title="Copy backups off the machine", queue=Queue.QUICK, reconcile=_outcome_by_rows)
def copy_what_is_due(progress: Progress, operation: Operation) -> JsonDict:
    """One after the other, each once: a failed one has its own time for the next attempt."""
    store, stored, failed = the_store(), 0, []
    for name in copies_due(store.address):
        progress.check_alive()
        if why := _copied(name, store, operation, progress):
            failed.append(f"{name}: {why}")
            progress.say(failed[-1])
        else:
            stored += 1
        db.session.rollback()
    if failed:
        raise Unavailable(f"{stored} copied, {len(failed)} not. {failed[-1]}")
    return {"sentence": f"{stored} copied to {store.address}.", "stored": stored}


def _copied(name: str, store: Store, operation: Operation, progress: Progress) -> str | None:
    """Why one could not be copied; a bad row or file does not stop the others."""
    try:
        copy = copy_backup(backup_named(name), store, by=operation.requested_by, progress=progress)
    except Interrupted:
        raise
    except (PortalError, OSError, *GARBLED) as error:
        return str(error)
    return None if copy.state is CopyState.STORED else copy.why


@job("backups.fetch", title="Bring a backup back")
def fetch(progress: Progress, operation: Operation) -> JsonDict:
    name = str(operation.arguments["backup"])
    backup = fetch_backup(the_store(), name, by=operation.requested_by, progress=progress)
    return {"sentence": f"{backup.name} is here, and verified again.", "backup": backup.name}


@every_tick
def look_after_copies() -> None:
    """Request an operation if a copy is due and none is running; commits."""
    route = settings().backup_store
    if route is None:
        return
    with read_and_release():
        open_copies = select(Operation.id).where(Operation.kind == COPY, Operation.state.in_(OPEN))
        is_due = db.session.scalar(open_copies.limit(1)) is None and bool(copies_due(route.address))
    if is_due:
        request_operation(COPY, by=SYSTEM)
        db.session.commit()
