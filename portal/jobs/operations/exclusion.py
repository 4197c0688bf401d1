"""Mutual exclusion on a target: one change, restore or sync at a time."""

from portal.core.errors import Conflict, Refusal
from portal.jobs.leases.holder import live_leases
from portal.jobs.leases.workers import worker_of_other_release
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.lifecycle import is_gone
from portal.jobs.operations.queries import running_operations
from portal.jobs.operations.registry import Job, is_exclusive


def at_work_on(target: str | None) -> list[Operation]:
    """The exclusive operations that are running on a target, earliest first.

    One whose process has died does not count: the worker ends it.
    """
    running = [
        each for each in running_operations() if each.target == target and is_exclusive(each.kind)
    ]
    live = {lease.uuid for lease in live_leases()} if running else set()
    return sorted((each for each in running if not is_gone(each, live=live)), key=_begun)


def require_alone(kind: str, target: str | None, *, but: Operation | None = None) -> None:
    """Raises Conflict while another exclusive operation runs on the target.

    `but`: the calling operation, which yields to those that began before it.
    """
    if target is None or not is_exclusive(kind):
        return
    others = [each for each in at_work_on(target) if but is None or _begun(each) < _begun(but)]
    if others:
        raise Conflict(
            f"{in_words(others[0])}, and nothing else may change {target} meanwhile.",
            remedy="Wait until it has ended, then ask again.",
            refusal=Refusal("operation.started", target, {"kind": kind, "held_by": others[0].id}),
        )


def require_worker_of_this_release(job: Job, target: str | None) -> None:
    """Raises Conflict if the worker has other code: it would look at other revisions."""
    if not job.of_this_release or (sentence := worker_of_other_release()) is None:
        return
    raise Conflict(
        f"{sentence} Nothing was begun.",
        remedy="Then ask again.",
        refusal=Refusal("operation.started", target, {"kind": job.name}),
    )


def has_lost_its_process(operation: Operation) -> bool:
    """Whether it is recorded as running but its process has ended."""
    live = {lease.uuid for lease in live_leases()}
    return operation.state is OperationState.RUNNING and is_gone(operation, live=live)


def in_words(operation: Operation) -> str:
    """What runs, who requested it, and since when."""
    since = operation.started_at or operation.requested_at
    return (
        f"“{operation.title}”, asked for by {operation.requested_by_name}, has been running since"
        f" {since:%Y-%m-%d %H:%M:%S} UTC"
    )


def _begun(operation: Operation) -> tuple[float, int]:
    moment = operation.started_at or operation.requested_at
    return moment.timestamp(), operation.id
