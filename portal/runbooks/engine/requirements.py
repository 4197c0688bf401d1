"""What the due step requires before its action may start and before it is complete."""

from collections.abc import Iterator

from portal.audit.actor import Actor
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.runbooks.engine.registry import Stage, action_named, plan_named
from portal.runbooks.engine.step_lock import context_of
from portal.runbooks.engine.validation import not_enforceable
from portal.runbooks.format.steps import Step
from portal.runbooks.models import RunStep


def operation_of(row: RunStep) -> Operation | None:
    """The latest operation of the step's action."""
    return db.session.get(Operation, row.operation_id) if row.operation_id else None


def stages_of(row: RunStep, step: Step, *, by: Actor) -> list[Stage]:
    gate = plan_named(step.plan) if step.plan else None
    return gate.stages(context_of(row, by=by)) if gate else []


def proof_of(row: RunStep, step: Step, *, by: Actor) -> str | None:
    """The proof that the step's action was carried out although none of its operations says so.

    Checked only for an action that was started and has ended; None for a step that is not so far.
    """
    action = action_named(step.action) if step.action else None
    if action is None or action.carried_out is None:
        return None
    operation = operation_of(row)
    is_over = operation is None or (operation.is_finished and not operation.is_done)
    return action.carried_out(context_of(row, by=by)) if is_over else None


def note_proof(row: RunStep, step: Step, *, by: Actor) -> str | None:
    """As `proof_of`, and update the record of the action's feature. The caller commits."""
    proof = proof_of(row, step, by=by)
    action = action_named(step.action) if step.action else None
    if proof and action and action.note_carried_out:
        action.note_carried_out(context_of(row, by=by))
    return proof


def phrase_holds(row: RunStep) -> bool:
    """Whether the typed phrase is unused and was typed by the run's lead."""
    mine = row.confirmed_by_id == row.run.driver_id
    return row.confirmed_at is not None and mine and not row.confirmation_used


def before_action(row: RunStep, step: Step, *, by: Actor) -> Iterator[str]:
    """Reasons why the action may not start, as sentences; empty when it may."""
    for problem in not_enforceable(step):
        yield problem.message
    if step.plan and not plan_named(step.plan):
        yield f"There is no plan called “{step.plan}”."
    for stage in stages_of(row, step, by=by):
        if not stage.is_done:
            yield f"“{stage.title}” has not been confirmed."
    if step.confirm and not phrase_holds(row):
        yield "The phrase has not been typed."


def before_completion(row: RunStep, step: Step, *, by: Actor) -> Iterator[str]:
    """Reasons why the step may not be completed, as sentences; empty when it may."""
    operation = operation_of(row)
    if not step.action:
        yield from before_action(row, step, by=by)
    elif not (operation and operation.is_done) and not proof_of(row, step, by=by):
        yield "Its action has not been carried out."
    for number, task in enumerate(step.ticks):
        if str(number) not in row.ticks:
            yield f"“{task}” is not ticked."
    if step.evidence and not row.evidence.strip():
        yield f"“{step.evidence.label}” is not filled in."
