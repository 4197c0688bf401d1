"""An action that has ended takes its step with it, in the transaction that records its end.

So there is no moment at which the operation is done and its step was forgotten: a crash leaves
both or neither. Should the listener itself fail, the step stays due with its operation done, and
whoever drives can complete it by hand (`before_completion` asks the operation, not this event).
"""

from sqlalchemy import select

from portal.audit.service import Outcome
from portal.core.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.signals import operation_finished
from portal.runbooks.events import tell
from portal.runbooks.following import complete, runbook_of
from portal.runbooks.models import RunStep
from portal.runbooks.needs import before_completion
from portal.runbooks.turns import hold_run

_OUTCOMES = {OperationState.DONE: Outcome.DONE, OperationState.REFUSED: Outcome.REFUSED}


@operation_finished.connect
def settle(operation: Operation) -> None:
    """Tell the run how its action ended, and complete the step when nothing else is missing."""
    query = select(RunStep.run_id).where(RunStep.operation_id == operation.id)
    run_id = db.session.scalar(query)
    run = hold_run(run_id) if run_id else None
    row = run.due_row if run else None
    if run is None or row is None or row.operation_id != operation.id:
        return
    by = operation.requested_by
    run.version += 1
    outcome = _OUTCOMES.get(operation.state, Outcome.FAILED)
    tell(
        run,
        f"action.{operation.state}",
        by=by,
        row=row,
        text=operation.outcome or "",
        outcome=outcome,
    )
    if not [*before_completion(row, runbook_of(run).step(row.step_id), by=by)]:
        complete(row, by=by, at=operation.finished_at)
