"""What the due step still waits for, before its action may start and before it is complete."""

from collections.abc import Iterator

from portal.audit.actor import Actor
from portal.core.database import db
from portal.jobs.models import Operation
from portal.runbooks.models import RunStep
from portal.runbooks.registry import Stage, plan_named
from portal.runbooks.startable import not_enforceable
from portal.runbooks.steps import Step
from portal.runbooks.turns import context_of


def operation_of(row: RunStep) -> Operation | None:
    """The last operation of the step's action."""
    return db.session.get(Operation, row.operation_id) if row.operation_id else None


def stages_of(row: RunStep, step: Step, *, by: Actor) -> list[Stage]:
    gate = plan_named(step.plan) if step.plan else None
    return gate.stages(context_of(row, by=by)) if gate else []


def phrase_holds(row: RunStep) -> bool:
    """A typed phrase counts once, and for the person who drives."""
    mine = row.confirmed_by_id == row.run.driver_id
    return row.confirmed_at is not None and mine and not row.confirmation_used


def before_action(row: RunStep, step: Step, *, by: Actor) -> Iterator[str]:
    """Sentences; empty when the action may start."""
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
    """Sentences; empty when the step may be completed."""
    operation = operation_of(row)
    if not step.action:
        yield from before_action(row, step, by=by)
    elif operation is None or not operation.is_done:
        yield "Its action has not been carried out."
    for number, task in enumerate(step.ticks):
        if str(number) not in row.ticks:
            yield f"“{task}” is not ticked."
    if step.evidence and not row.evidence.strip():
        yield f"“{step.evidence.label}” is not filled in."
