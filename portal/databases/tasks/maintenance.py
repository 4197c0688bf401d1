"""Switches maintenance mode, whose table the worker may create; wipes what dead processes left."""

from portal.core.storage.database import JsonDict
from portal.databases.backups.scratch import wipe_left_behind
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance, in_maintenance
from portal.databases.targets.config import target_named
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth, job
from portal.jobs.worker.each_second import every

WIPED_EACH = 60.0
"""Seconds; a server that does not answer is not contacted all the time."""


@every(WIPED_EACH)
def wipe_scratch() -> None:
    """Called at the worker's start, and soon after an operation was killed."""
    wipe_left_behind()


def _is_switched(operation: Operation) -> Truth:
    if in_maintenance(target_named(operation.target or "")) is bool(operation.arguments.get("on")):
        return OperationState.DONE, "It was switched.", None
    return OperationState.FAILED, "Nothing was changed.", None


@job(
    "databases.maintenance",
    title="Switch maintenance mode",
    queue=Queue.QUICK,
    reconcile=_is_switched,
)
def switch_maintenance(progress: Progress, operation: Operation) -> JsonDict:
    target, by = target_named(operation.target or ""), operation.requested_by
    if operation.arguments.get("on"):
        begin_maintenance(target, because=str(operation.arguments.get("because", "")), by=by)
        return {"sentence": f"{target.name} is read-only from now; writes are refused."}
    end_maintenance(target, by=by)
    return {"sentence": f"{target.name} is served as usual again."}
