"""Optimistic locking: each request names the step and the run's version that its page showed."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import db
from portal.runbooks.engine.events import conflict, forbidden
from portal.runbooks.engine.progression import runbook_of
from portal.runbooks.engine.registry import StepContext
from portal.runbooks.format.steps import Step
from portal.runbooks.models import Run, RunStep, StepState


@dataclass(frozen=True)
class StepTurn:
    """The right to act once on the due step."""

    run: Run
    row: RunStep
    step: Step
    by: Actor

    @property
    def context(self) -> StepContext:
        return context_of(self.row, by=self.by)

    def refuse(self, action: str, sentence: str, **more: str | None) -> Conflict:
        return conflict(self.run, action, sentence, step_id=self.step.id, **more)


def context_of(row: RunStep, *, by: Actor) -> StepContext:
    return StepContext(row.run.uuid, row.step_id, row.run.inputs, by)


def lock_run(run_id: int) -> Run:
    """The run, locked until the end of the transaction. Raises NotFound."""
    query = select(Run).where(Run.id == run_id).with_for_update()
    run = db.session.scalar(query.execution_options(populate_existing=True))
    if run is None:
        raise NotFound("There is no such run.")
    db.session.refresh(run, ["rows"])
    return run


def take_turn(
    run_id: int,
    step_id: str,
    *,
    version: int,
    by: Actor,
    action: str = "step.completed",
    driver_only: bool = True,
) -> StepTurn:
    """Raises Conflict, for the audit log, if the step is not due or the version is outdated.

    Nothing is changed then.
    """
    run = lock_run(run_id)
    require_current(run, version=version, action=action, step_id=step_id)
    if driver_only:
        require_driver(run, by=by, action=action)
    require_role(run, by=by, action=action)
    row = run.due_row
    if row is None or row.step_id != step_id:
        raise conflict(
            run, action, "It is not this step's turn.", step_id=step_id, remedy=_whose_turn(run)
        )
    run.version += 1
    return StepTurn(run, row, runbook_of(run).step(step_id), by)


def require_current(run: Run, *, version: int, action: str, step_id: str | None = None) -> None:
    if not run.is_open:
        raise conflict(run, action, "This run has ended.", step_id=step_id)
    if run.version != version:
        raise conflict(
            run, action, _what_happened(run, step_id), step_id=step_id, remedy=_whose_turn(run)
        )


def require_driver(run: Run, *, by: Actor, action: str) -> None:
    if by.id != run.driver_id:
        raise conflict(
            run,
            action,
            f"{run.driver_name} drives this run.",
            remedy="Take it over first; that is recorded.",
        )


def require_role(run: Run, *, by: Actor, action: str) -> None:
    roles = runbook_of(run).facts.roles
    if str(by.role) not in roles:
        raise forbidden(run, action, f"This runbook is for {' and '.join(roles)}.")


def _what_happened(run: Run, step_id: str | None) -> str:
    row = run.row(step_id) if step_id else None
    if row and row.state is StepState.DONE:
        return f"“{row.title}” has already been completed by {row.completed_by}."
    return "This run has moved on since the page was opened."


def _whose_turn(run: Run) -> str | None:
    row = run.due_row
    return f"Due now: “{row.title}”." if row else None
