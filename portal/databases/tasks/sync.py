"""The sync as an operation, at the times of SYNC_SCHEDULE and on request."""

from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import settings
from portal.core.storage.database import JsonDict, db
from portal.databases.sync.results import KIND, settle_sync
from portal.databases.sync.service import sync_target
from portal.databases.targets.config import target_named
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every_tick
from portal.jobs.worker.schedules import when_due

FROM, TO = "production", "development"
SCHEDULE = "sync"


def _outcome_of_sync(operation: Operation) -> Truth:
    result = settle_sync(target_named(TO), operation.uuid, by=operation.requested_by)
    db.session.commit()
    if result is None:
        return OperationState.FAILED, f"{TO.capitalize()} is as it was.", None
    return OperationState.DONE, f"It was swapped in: {result['sentence']}", result


@job(KIND, title="Sync from production", reconcile=_outcome_of_sync, stoppable=True, exclusive=True)
def sync(progress: Progress, operation: Operation) -> JsonDict:
    return sync_target(
        target_named(FROM),
        target_named(TO),
        by=operation.requested_by,
        progress=progress,
        operation=operation.uuid,
    )


@every_tick
def begin_scheduled_sync() -> None:
    """Request a sync, once each time, if this control room knows both databases; commits."""
    expression = settings().sync_schedule
    if expression is not None:
        when_due(SCHEDULE, expression, _request_sync)


def _request_sync() -> None:
    if all(map(registered_target, (FROM, TO))):
        request_operation(KIND, by=SYSTEM, target=TO)
