"""How a run advances: the due step, steps skipped by `when`, the order of a rollback, the end."""

import re
from datetime import datetime

from portal.audit.actor import Actor
from portal.audit.service import Outcome
from portal.core.clock import now
from portal.runbooks.engine.events import record_event
from portal.runbooks.format.parse import Runbook, parse_as_before, parse_runbook
from portal.runbooks.format.steps import Part, Step
from portal.runbooks.models import Run, RunState, RunStep, StepState

_UNDOES = re.compile(r"(?:undo|revert|roll-?back)-(.+)")


def runbook_of(run: Run) -> Runbook:
    """The runbook this run follows: the source kept with it, even if the file has changed since.

    A run that an earlier release began keeps the steps that it began with.
    """
    source = run.source.encode()
    runbook = parse_runbook(source, run.runbook_id)
    begun = {(row.step_id, row.part) for row in run.rows}
    if begun == {(step.id, step.part) for step in runbook.all_steps}:
        return runbook
    before = parse_as_before(source, run.runbook_id)
    is_of_before = begun == {(step.id, step.part) for step in before.all_steps}
    return before if is_of_before else runbook


def move_on(run: Run, *, by: Actor) -> None:
    """Skip the steps that `when` rules out, then make the next step due or end the run."""
    runbook = runbook_of(run)
    while row := run.due_row:
        if not (why := why_skipped(run, row, runbook.step(row.step_id))):
            row.due_at = row.due_at or now()
            return
        row.state, row.skipped_because = StepState.SKIPPED, why
        record_event(run, "step.skipped", by=by, row=row, text=why)
    finish(run, by=by)


def finish(run: Run, *, by: Actor) -> None:
    """End the run: done, or aborted once its Rollback steps are complete."""
    run.state = RunState.ABORTED if run.aborted_at else RunState.DONE
    run.finished_at = now()
    for row in run.rows:
        if row.state is StepState.WAITING:
            row.state = StepState.CLOSED
    record_event(run, "run.finished", by=by, outcome=Outcome.DONE)


def complete(
    row: RunStep, *, by: Actor, at: datetime | None = None, proof: str | None = None
) -> None:
    """Mark the due step done and advance the run. `proof` says why, if no operation shows it."""
    if proof:
        record_event(row.run, "step.settled", by=by, row=row, text=proof)
    row.state, row.completed_by, row.completed_at = StepState.DONE, by.name, at or now()
    record_event(row.run, "step.completed", by=by, row=row)
    move_on(row.run, by=by)


def why_skipped(run: Run, row: RunStep, step: Step) -> str | None:
    """The values that `when` did not match, as a sentence; None when the step must be done."""
    if step.part is Part.ROLLBACK and (undone := _undoes(run, step)) and not _was_begun(undone):
        return f"“{undone.title}” had not been begun."
    if not step.when:
        return None
    values = {**{row.step_id: _rollback_state(row) for row in run.rows}, **run.inputs}
    if step.when.holds(values):
        return None
    found = ", ".join(f"{name} is “{values.get(name, '')}”" for name in step.when.names)
    return f"{found}; this step is for {step.when.text}."


def open_rollback(run: Run) -> None:
    """Open the Rollback steps: those that undo a step, in reverse order of completion.

    A step without a step to undo keeps its position among them.
    """
    rows = [row for row in run.rows if row.part is Part.ROLLBACK]
    runbook = runbook_of(run)
    undoing = {row.id: _undone_at(run, runbook.step(row.step_id)) for row in rows}
    tied = [row for row in rows if undoing[row.id] is not None]
    latest_first = iter(sorted(tied, key=lambda row: undoing[row.id] or 0, reverse=True))
    ordered = [row if undoing[row.id] is None else next(latest_first) for row in rows]
    for position, row in zip([row.position for row in rows], ordered, strict=True):
        row.position = position
    for row in rows:
        row.state = StepState.WAITING
    for row in run.rows:
        if row.part is Part.STEPS and row.state is StepState.WAITING:
            row.state = StepState.CLOSED


def _undoes(run: Run, step: Step) -> RunStep | None:
    """The step that a step with the id `undo-<id>` undoes; None for other ids."""
    named = [found[1]] if (found := _UNDOES.fullmatch(step.id)) else []
    rows = {row.step_id: row for row in run.rows if row.part is Part.STEPS}
    return next((rows[name] for name in named if name in rows), None)


def _undone_at(run: Run, step: Step) -> int | None:
    """The position of the step that this one undoes, named by its id or its `when`."""
    rows = {row.step_id: row for row in run.rows if row.part is Part.STEPS}
    names = [name for name in (step.when.names if step.when else []) if name in rows]
    undone = _undoes(run, step) or (rows[names[0]] if names else None)
    return undone.position if undone else None


def _was_begun(row: RunStep) -> bool:
    return row.state is StepState.DONE or row.operation_id is not None


def _rollback_state(row: RunStep) -> str:
    """The value that `when` in a Rollback step compares a step's id with."""
    if row.state is StepState.DONE:
        return "done"
    return "begun" if row.operation_id is not None else "not-done"
