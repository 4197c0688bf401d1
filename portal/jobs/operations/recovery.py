"""Recovery after a crash: operations whose process is gone, and those missing in the queue."""

import logging
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import datetime, timedelta

from portal.core.clock import now
from portal.core.durations import duration
from portal.core.logs.errors import without_values
from portal.core.logs.labels import working_on
from portal.core.storage.database import db, reading
from portal.jobs.leases.clocks import is_ahead
from portal.jobs.leases.holder import live_leases
from portal.jobs.models import OperationState, Queue
from portal.jobs.operations.lifecycle import OperationResult, find_out, finish, is_gone, snapshot
from portal.jobs.operations.queries import (
    running_operations,
    unknown_operations,
    waiting_operations,
)
from portal.jobs.operations.registry import knows_how_to_tell
from portal.jobs.worker.queue import CONSUMED, enqueue, enqueued

OVERDUE = timedelta(seconds=2)
NEVER_BEGUN = timedelta(minutes=1)
_first_seen: dict[str, float] = {}
"""The monotonic time when an operation that waits for its command was first seen, by uuid."""

log = logging.getLogger(__name__)

LOST = "Its process ended in the middle."


def reconcile_lost(*, besides: Set[int] = frozenset()) -> list[int]:
    """End each running operation whose process is gone. Commits each.

    `besides`: operations that another process supervises.
    """
    with read_and_release():
        live = _live()
        lost = [
            operation.id
            for operation in running_operations()
            if operation.id not in besides and is_gone(operation, live=live)
        ]
    for operation_id in lost:
        conclude(operation_id, LOST)
    return lost


def ask_again_about_unknown() -> None:
    """Ask the jobs that can tell about operations in unknown state. Commits each."""
    with read_and_release():
        unknown = [each.id for each in unknown_operations() if knows_how_to_tell(each.kind)]
    for operation_id in unknown:
        conclude(operation_id, LOST, was=OperationState.UNKNOWN)


def conclude(operation_id: int, why: str, *, was: OperationState = OperationState.RUNNING) -> None:
    """Determine what an ended process did. Commits that, with the changes of its job's listener."""
    with read_and_release():
        operation = snapshot(operation_id)
    if operation is None:
        return
    ending = find_out(operation, why, otherwise=OperationState.UNKNOWN)
    learned = ending.state is not was
    if learned and finish(operation, ending, was=was):
        db.session.commit()
        log_end(operation_id, found=True)
    else:
        db.session.rollback()


def still_waits(operation_id: int, *, in_queue: Queue) -> bool:
    """Whether its row waits in this queue, so that a process should be started.

    A row put into another queue by hand starts nothing: neither beside the one long operation, nor
    what a command carries out itself.
    """
    with read_and_release():
        operation = snapshot(operation_id)
    if operation is None or operation.queue is not in_queue:
        return False
    return operation.state is OperationState.WAITING


def settle(operation_id: int, exit_code: int) -> None:
    """Make sure that an operation has an end after its process ended, and log it. Commits."""
    with read_and_release():
        operation, live = snapshot(operation_id), _live()
    if operation is None:
        return
    if operation.state is OperationState.WAITING:
        sentence = f"Its process could not start ({ended_by(exit_code)}); nothing was done."
        finish(
            operation, OperationResult(OperationState.FAILED, sentence), was=OperationState.WAITING
        )
        db.session.commit()
    elif operation.state is OperationState.RUNNING and is_gone(operation, live=live):
        conclude(operation_id, f"Its process ended in the middle ({ended_by(exit_code)}).")
        return
    log_end(operation_id)


def log_end(operation_id: int, *, found: bool = False) -> None:
    """One line on how it ended. `found`: by recovery, not by its own process."""
    with read_and_release():
        operation = snapshot(operation_id)
    if operation is None or not operation.is_finished:
        return
    level = logging.INFO if operation.is_done else logging.WARNING
    how = "was found to be" if found else "is"
    took = f", after {duration(operation.seconds)}" if operation.seconds is not None else ""
    said = without_values(operation.outcome or "No outcome is on record.")
    with working_on(operation_id, operation.target):
        log.log(level, "“%s” %s %s%s: %s", operation.title, how, operation.state, took, said)


def find_forgotten(*, besides: Set[int]) -> None:
    """Enqueue overdue waiting operations that are in no queue, because of a crash in between."""
    with read_and_release():
        waiting = [
            (operation.queue, operation.id)
            for operation in waiting_operations()
            if _is_overdue(operation.requested_at) and operation.id not in besides
        ]
    known = {queue: enqueued(queue) for queue in CONSUMED if waiting}
    for queue, operation_id in waiting:
        if queue in known and operation_id not in known[queue]:
            enqueue(queue, operation_id)
            with working_on(operation_id):
                log.warning("Operation %d was in no queue, and is queued again.", operation_id)


def end_never_begun() -> None:
    """End operations that a command requested but never began; no queue holds them. Commits.

    Measured by how long this process saw it waiting, independent of wall clocks.
    """
    with read_and_release():
        waiting = [each for each in waiting_operations() if each.queue is Queue.HERE]
    at = time.monotonic()
    seen = {each.uuid: _first_seen.get(each.uuid, at) for each in waiting}
    _first_seen.clear()
    _first_seen.update(seen)
    left = [each for each in waiting if at - seen[each.uuid] >= NEVER_BEGUN.total_seconds()]
    for operation in left:
        sentence = "The command that asked for this ended before it began; nothing was done."
        finish(
            operation, OperationResult(OperationState.FAILED, sentence), was=OperationState.WAITING
        )
    db.session.commit()


def _is_overdue(requested_at: datetime) -> bool:
    """Also true if a wrong clock wrote a future time: it does not wait until then."""
    at = now()
    return requested_at < at - OVERDUE or is_ahead(requested_at, of=at)


def ended_by(exit_code: int) -> str:
    return f"killed by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


@contextmanager
def read_and_release() -> Iterator[None]:
    """Read without holding a lock afterwards."""
    with reading():
        try:
            yield
        finally:
            db.session.rollback()


def _live() -> set[str]:
    return {lease.uuid for lease in live_leases()}
