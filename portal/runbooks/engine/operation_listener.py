"""Updates the step of an action in the transaction that records the end of its operation.

A crash therefore leaves both the operation and its step updated, or neither. If the listener itself
fails, the step stays due with its operation done, and the run's lead can complete it by hand
(`before_completion` checks the operation, not this event).
"""

from datetime import datetime

from sqlalchemy import select

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import Outcome
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.lifecycle import operation_finished
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.worker.each_second import every
from portal.runbooks.engine.events import record_event
from portal.runbooks.engine.progression import complete, runbook_of
from portal.runbooks.engine.queries import open_runs
from portal.runbooks.engine.requirements import before_completion, note_proof, operation_of
from portal.runbooks.engine.step_lock import lock_run
from portal.runbooks.format.steps import Step
from portal.runbooks.models import Run, RunStep, StepState

ASKED_EACH = 15.0
"""Seconds between two checks, so that an unresponsive database is not queried every tick."""

_OUTCOMES = {OperationState.DONE: Outcome.DONE, OperationState.REFUSED: Outcome.REFUSED}


@operation_finished.connect
def settle(operation: Operation) -> None:
    """Record in the run how its action ended, and complete the step if nothing is missing."""
    query = select(RunStep.run_id).where(RunStep.operation_id == operation.id)
    run_id = db.session.scalar(query)
    run = lock_run(run_id) if run_id else None
    row = run.due_row if run else None
    if run is None or row is None or row.operation_id != operation.id:
        return
    by = operation.requested_by
    run.version += 1
    outcome = _OUTCOMES.get(operation.state, Outcome.FAILED)
    record_event(
        run,
        f"action.{operation.state}",
        by=by,
        row=row,
        text=operation.outcome or "",
        outcome=outcome,
    )
    complete_with_proof(row, runbook_of(run).step(row.step_id), by=by, at=operation.finished_at)


def complete_with_proof(row: RunStep, step: Step, *, by: Actor, at: datetime | None = None) -> None:
    """Complete the due step if nothing is missing; a proof that came from the database is noted."""
    if [*before_completion(row, step, by=by)]:
        return
    proof = note_proof(row, step, by=by)
    complete(row, by=by, at=at, proof=proof)


@every(ASKED_EACH)
def settle_by_proof() -> None:
    """Complete steps whose action was carried out, though its operation is lost or differs."""
    with read_and_release():
        doubted = [run.id for run in open_runs() if _is_in_doubt(run)]
    for run_id in doubted:
        run = lock_run(run_id)
        if (row := run.due_row) and _is_in_doubt(run):
            run.version += 1
            complete_with_proof(row, runbook_of(run).step(row.step_id), by=SYSTEM)
        if row and row.state is StepState.DONE:
            db.session.commit()
        else:
            db.session.rollback()


def _is_in_doubt(run: Run) -> bool:
    """Whether the due step's operation failed, has an unknown outcome, or no longer exists."""
    row = run.due_row
    if row is None or row.operation_id is None:
        return False
    operation = operation_of(row)
    return operation is None or (operation.is_finished and not operation.is_done)
