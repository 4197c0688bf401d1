"""Request, run and stop operations.

The worker is notified after a row was committed. An early or a missing notification does no harm:
the worker drops unknown ids, and periodically looks for waiting rows that are in no queue.
"""

import logging
import os
import signal

import click
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, PortalError, Refused
from portal.core.faults.sentences import fault_of
from portal.core.faults.unexpected import note_unexpected
from portal.core.logs.labels import working_on
from portal.core.storage.database import JsonDict, db
from portal.jobs.leases.clocks import require_past
from portal.jobs.leases.holder import leased
from portal.jobs.leases.watch import wait_for_leases
from portal.jobs.models import LineKind, Operation, OperationState, Queue
from portal.jobs.operations.exclusion import require_alone, require_worker_of_this_release
from portal.jobs.operations.lifecycle import (
    OperationResult,
    claim,
    find_out,
    finish,
    new_operation,
    record_operation,
    snapshot,
)
from portal.jobs.operations.logs import log_file, write_error
from portal.jobs.operations.progress import Interrupted, Progress
from portal.jobs.operations.registry import is_exclusive, job_named
from portal.jobs.worker.queue import enqueue


def request_operation(
    kind: str,
    *,
    by: Actor,
    target: str | None = None,
    arguments: JsonDict | None = None,
    subject: str | None = None,
) -> Operation:
    """Request an operation. The worker is notified when the caller commits.

    Raises Conflict while another exclusive operation runs on the target, or if the worker that
    would carry out a change is of another release.
    """
    job = job_named(kind)
    require_worker_of_this_release(job, target)
    require_alone(kind, target)
    operation = new_operation(job, by=by, target=target, arguments=arguments, subject=subject)
    db.session.add(operation)
    db.session.flush()
    if by.id is not None:  # those of a schedule are audited at their start
        record_operation("operation.requested", operation, by=by)
    enqueue_after_commit(operation)
    return operation


def run_here(
    kind: str,
    *,
    by: Actor,
    target: str | None = None,
    arguments: JsonDict | None = None,
    subject: str | None = None,
) -> Operation:
    """Run an operation in this process and print its output: for the command line.

    Returns it if it succeeded; otherwise prints how it ended and raises SystemExit(1).
    """
    job = job_named(kind)
    if job.exclusive:
        db.session.commit()
        wait_for_leases(target)
    require_alone(kind, target)
    operation = new_operation(job, by=by, target=target, arguments=arguments, subject=subject)
    operation.queue = Queue.HERE
    db.session.add(operation)
    db.session.commit()
    operation = perform(operation, shown=True)
    show_ending(operation)
    if not operation.is_done:
        raise SystemExit(1)
    return operation


def perform(operation: Operation, *, worker: int | None = None, shown: bool = False) -> Operation:
    """Run a waiting operation in this process, to its end. Commits the session.

    `worker`: the process that must outlive this one; `shown`: print the output. Raises Conflict
    when the operation has already begun. A failure of the job is stored in the row, not raised.
    """
    db.session.commit()
    wrong_clock = why_log_is_ahead() if is_exclusive(operation.kind) else None
    target = operation.target
    db.session.commit()
    with leased(target=target) as lease, working_on(operation.id, target):
        if not claim(operation, pid=os.getpid(), lease=lease.uuid):
            db.session.rollback()
            raise Conflict("This operation has already begun.")
        apart = snapshot(operation.id) or operation
        db.session.commit()
        progress = Progress(apart, worker=worker, listener=show_line if shown else None)
        if worker is not None:
            progress.end_on(signal.SIGTERM)
        ending = wrong_clock or _run(progress, apart)
        finish(apart, ending, was=OperationState.RUNNING, lines=progress.unsent())
        db.session.commit()
    return db.session.get_one(Operation, apart.id, populate_existing=True)


def request_stop(operation: Operation, *, by: Actor) -> None:
    """Request that an operation stops; one that has not begun ends immediately, whatever its kind.

    Raises Conflict when it has begun and can't be stopped, or has ended meanwhile.
    """
    if operation.is_finished:
        raise Conflict("This operation has already ended.")
    operation.stop_requested_at = now()
    operation.stop_requested_by = by.name
    record_operation("operation.stop-requested", operation, by=by)
    sentence = f"Stopped by {by.name} before it began; nothing was done."
    db.session.flush()
    ending = OperationResult(OperationState.FAILED, sentence)
    was_waiting = finish(operation, ending, was=OperationState.WAITING)
    if not was_waiting and not operation.is_stoppable:
        raise Conflict("This operation has begun and can't be stopped.")


def why_log_is_ahead() -> OperationResult | None:
    """How an operation ends if the newest entry of the audit log is in the future; else None.

    Called before it records anything. The refusal becomes the next entry, so that a clock that was
    wrong once does not block operations permanently.
    """
    query = select(AuditEntry.at).order_by(AuditEntry.seq.desc()).limit(1)
    try:
        require_past("the newest entry of the audit log was written", db.session.scalar(query))
    except Refused as refused:
        return OperationResult(OperationState.REFUSED, str(refused))
    return None


def _run(progress: Progress, operation: Operation) -> OperationResult:
    """Run the job. Its changes in the session are committed with its end, or rolled back."""
    try:
        require_alone(operation.kind, operation.target, but=operation)
        db.session.commit()
        result = job_named(operation.kind).run(progress, operation) or {}
        db.session.flush()
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        db.session.rollback()
        return _failed(operation, error)
    return OperationResult(OperationState.DONE, str(result.get("sentence", "Done.")), result)


def _failed(operation: Operation, error: BaseException) -> OperationResult:
    if isinstance(error, Interrupted | KeyboardInterrupt):
        why = str(error) or "It was interrupted at the keyboard."
        return find_out(operation, why, otherwise=OperationState.FAILED)
    if isinstance(error, PortalError):
        state = OperationState.REFUSED if error.status < 500 else OperationState.FAILED
        return OperationResult(state, str(error), refusal=error.refusal)
    write_error(operation, error)
    if fault := fault_of(error, settings()) if isinstance(error, Exception) else None:
        return find_out(operation, str(fault), otherwise=OperationState.FAILED)
    note_unexpected(error, operation.kind)
    why = (
        f"An unexpected error ({type(error).__name__}) stopped this; "
        f"the details are on the server in {log_file(operation.id).name}."
    )
    return find_out(operation, why, otherwise=OperationState.FAILED)


def show_line(kind: LineKind, text: str, seconds: float | None) -> None:
    if kind is LineKind.TEXT:
        click.echo(f"  {text}")
    elif kind is LineKind.STEP:
        click.echo(f"{text} …")
    else:
        word = "done" if kind is LineKind.STEP_DONE else "failed"
        click.echo(f"{text}: {word} in {seconds or 0:.1f} s")


def show_ending(operation: Operation) -> None:
    click.echo(
        f"{operation.title}: {operation.state}. {operation.outcome}", err=not operation.is_done
    )


ASKED = "portal.jobs.asked"

log = logging.getLogger(__name__)


def enqueue_after_commit(operation: Operation) -> None:
    db.session().info.setdefault(ASKED, []).append((operation.queue, operation.id))


@event.listens_for(db.session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return
    asked: list[tuple[Queue, int]] = session.info.pop(ASKED, [])
    for queue, operation_id in asked:
        try:
            enqueue(queue, operation_id)
        except Exception:
            log.exception("Operation %s waits for the worker to find it", operation_id)


@event.listens_for(db.session, "after_rollback")
def _rolled_back(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(ASKED, None)
