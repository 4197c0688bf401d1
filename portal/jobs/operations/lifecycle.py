"""State changes of an operation, from waiting to its end: counted updates, audited.

If the row is no longer in the expected state, another process was faster and nothing is done. The
caller commits.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from blinker import Signal
from sqlalchemy import insert, inspect, select

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound, Refusal
from portal.core.faults.sentences import fault_of
from portal.core.storage.database import JsonDict, db, update_one
from portal.jobs.models import Operation, OperationLine, OperationState
from portal.jobs.operations.registry import Job, job_named
from portal.jobs.processes import is_running, process_identity, this_host

#: Sent with the operation, in the ops transaction that records how it ended.
operation_finished = Signal()


RECORDED = {
    OperationState.DONE: Outcome.DONE,
    OperationState.REFUSED: Outcome.REFUSED,
    OperationState.FAILED: Outcome.FAILED,
    OperationState.UNKNOWN: Outcome.FAILED,
}

log = logging.getLogger(__name__)


class Work(Protocol):
    """A row that stores which process is working on it."""

    @property
    def host(self) -> str | None: ...
    @property
    def process(self) -> str | None: ...
    @property
    def lease(self) -> str | None: ...


@dataclass(frozen=True)
class OperationResult:
    """How an operation ended, with a sentence for people."""

    state: OperationState
    sentence: str
    result: JsonDict | None = None
    refusal: Refusal | None = None


def new_operation(
    job: Job, *, by: Actor, target: str | None, arguments: JsonDict | None, subject: str | None
) -> Operation:
    return Operation(
        kind=job.name,
        title=job.title,
        queue=job.queue,
        is_stoppable=job.stoppable,
        target=target,
        arguments=arguments or {},
        subject=subject,
        requested_by_id=by.id,
        requested_by_name=by.name,
        requested_by_role=by.role,
    )


def snapshot(operation_id: int) -> Operation | None:
    """The operation's current state, detached from the session: reading attributes takes
    no lock."""
    columns = inspect(Operation).column_attrs
    query = select(*(getattr(Operation, column.key) for column in columns))
    row = db.session.execute(query.where(Operation.id == operation_id)).one_or_none()
    return Operation(**row._mapping) if row else None


def claim(operation: Operation, *, pid: int, lease: str) -> bool:
    """Claim a waiting operation for a process. False if another process was faster."""
    moved = _move(
        operation,
        OperationState.WAITING,
        state=OperationState.RUNNING,
        started_at=now(),
        pid=pid,
        host=this_host(),
        process=process_identity(pid),
        lease=lease,
    )
    if moved:
        record_operation("operation.started", operation, outcome=Outcome.INTENT)
    return moved


def finish(
    operation: Operation,
    ending: OperationResult,
    *,
    was: OperationState,
    lines: Sequence[dict[str, Any]] = (),
) -> bool:
    """Record how an operation ended, with its last lines, and notify the listeners.

    Returns False when it was no longer in the state `was`. A failing listener does not undo it.
    """
    values = {"state": ending.state, "outcome": ending.sentence, "result": ending.result}
    if not _move(operation, was, finished_at=now(), **values):
        return False
    if lines:
        db.session.execute(insert(OperationLine), list(lines))
    operation = db.session.get_one(Operation, operation.id, populate_existing=True)
    if ending.refusal:
        _record_refusal(operation, ending.refusal, ending.sentence)
    outcome = RECORDED[ending.state]
    record_operation("operation.finished", operation, outcome=outcome, reason=ending.sentence)
    _notify(operation)
    return True


def find_out(operation: Operation, why: str, *, otherwise: OperationState) -> OperationResult:
    """Ask the job whether an interrupted operation took effect.

    `why` is the sentence that is known; `otherwise` is the state if the job has no answer.
    """
    try:
        ask = job_named(operation.kind).reconcile
        if ask is None:
            return OperationResult(otherwise, why)
        state, sentence, result = ask(operation)
    except NotFound as error:
        return OperationResult(OperationState.UNKNOWN, f"{why} {error}")
    except Exception as error:
        number = inspect(operation).identity
        if fault := fault_of(error, settings()):
            log.warning("Operation %s could not be reconciled: %s", number, fault)
        else:
            log.exception("Operation %s could not be reconciled", number)
        db.session.rollback()
        sentence = (
            "Whether it happened can't be read now; it is asked again when the worker starts."
        )
        return OperationResult(OperationState.UNKNOWN, f"{why} {sentence}")
    return OperationResult(state, f"{why} {sentence}", result)


def is_gone(work: Work, *, live: set[str]) -> bool:
    """Whether the process that does this work has ended; `live`: the live leases' uuids."""
    if work.host == this_host() and work.process:
        return not is_running(work.process)
    return work.lease not in live


def record_operation(
    action: str,
    operation: Operation,
    *,
    by: Actor | None = None,
    outcome: Outcome = Outcome.DONE,
    reason: str | None = None,
) -> None:
    """Audit an event of an operation; without `by`, in the name of its requester."""
    record(
        action,
        operation,
        by=by or operation.requested_by,
        outcome=outcome,
        target=operation.target,
        details={"kind": operation.kind},
        reason=reason,
    )


def _record_refusal(operation: Operation, refusal: Refusal, sentence: str) -> None:
    """Record the refusal under the action that it names."""
    record(
        refusal.action,
        operation,
        by=operation.requested_by,
        outcome=Outcome.REFUSED,
        target=refusal.target or operation.target,
        details=refusal.details,
        reason=sentence,
    )


def _move(operation: Operation, was: OperationState, **values: object) -> bool:
    is_it = Operation.id == operation.id, Operation.state == was
    return update_one(Operation, *is_it, values=values)


def _notify(operation: Operation) -> None:
    try:
        with db.session.begin_nested():
            operation_finished.send(operation)
    except Exception:
        log.exception("What follows on operation %s failed", operation.id)
