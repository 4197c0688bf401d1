"""A whole run: starting it, taking it over, aborting it."""

from collections.abc import Mapping

from portal.audit.actor import Actor
from portal.core.clock import now
from portal.core.errors import Forbidden, Invalid, Refusal
from portal.core.storage.database import db
from portal.jobs.operations.exclusion import has_lost_its_process, in_words
from portal.runbooks.engine.events import conflict, record_event
from portal.runbooks.engine.progression import finish, move_on, open_rollback
from portal.runbooks.engine.requirements import operation_of
from portal.runbooks.engine.step_lock import lock_run, require_current, require_driver, require_role
from portal.runbooks.engine.validation import require_startable
from portal.runbooks.format.inputs import check_inputs
from portal.runbooks.format.library import runbook_named
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Part
from portal.runbooks.models import Run, RunStep, StepState

LONGEST_REASON = 2000


def start_run(runbook_id: str, *, inputs: Mapping[str, str], by: Actor) -> Run:
    """Start a run with a copy of the source. Raises NotFound, Invalid, Conflict, Forbidden."""
    runbook = runbook_named(runbook_id)
    require_startable(runbook)
    if str(by.role) not in runbook.facts.roles:
        raise Forbidden(
            f"This runbook is for {' and '.join(runbook.facts.roles)}.",
            refusal=Refusal("run.started", details={"runbook": runbook_id}),
        )
    run = _new_run(runbook, check_inputs(runbook.inputs, inputs), by=by)
    db.session.add(run)
    db.session.flush()
    record_event(run, "run.started", by=by)
    move_on(run, by=by)
    return run


def take_over(run_id: int, *, version: int, by: Actor) -> Run:
    """Become the run's lead. A phrase typed by the previous lead no longer counts."""
    run = lock_run(run_id)
    require_current(run, version=version, action="run.taken-over")
    require_role(run, by=by, action="run.taken-over")
    if run.driver_id == by.id:
        raise conflict(run, "run.taken-over", "You drive this run already.")
    before = run.driver_name
    run.driver_id, run.driver_name = by.id, by.name
    run.version += 1
    record_event(run, "run.taken-over", by=by, text=f"from {before}")
    return run


def abort_run(run_id: int, *, version: int, by: Actor, reason: str) -> Run:
    """Abort a run: its Rollback steps open; a run without any ends.

    Aborting again during the rollback ends the run at its current step.
    """
    run = lock_run(run_id)
    require_current(run, version=version, action="run.aborted")
    require_role(run, by=by, action="run.aborted")
    require_driver(run, by=by, action="run.aborted")
    _require_quiet(run)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid("Say in a sentence why the run is aborted.", field="reason")
    again = run.is_rolling_back
    run.aborted_at, run.abort_reason = run.aborted_at or now(), run.abort_reason or reason
    run.version += 1
    record_event(run, "run.aborted", by=by, text=reason)
    if again or not any(row.part is Part.ROLLBACK for row in run.rows):
        finish(run, by=by)
    else:
        open_rollback(run)
        move_on(run, by=by)
    return run


def close_run(run_id: int, *, by: Actor, because: str) -> None:
    """End an open run whose work was undone elsewhere: none of its steps is due any more."""
    run = lock_run(run_id)
    if not run.is_open:
        return
    run.aborted_at, run.abort_reason = run.aborted_at or now(), run.abort_reason or because
    run.version += 1
    record_event(run, "run.aborted", by=by, text=because)
    finish(run, by=by)


def _require_quiet(run: Run) -> None:
    operation = operation_of(run.due_row) if run.due_row else None
    if operation and not operation.is_finished and not has_lost_its_process(operation):
        raise conflict(
            run,
            "run.aborted",
            f"An action of this run is under way: {in_words(operation)}.",
            remedy="Abort when it has ended.",
        )


def _new_run(runbook: Runbook, inputs: dict[str, str], *, by: Actor) -> Run:
    run = Run(
        runbook_id=runbook.id,
        title=runbook.title,
        source=runbook.source,
        sha256=runbook.sha256,
        inputs=inputs,
        target=inputs.get("target") or None,
        driver_id=by.id,
        driver_name=by.name,
        started_by=by.name,
    )
    run.rows = [
        RunStep(
            step_id=step.id,
            title=step.title,
            part=step.part,
            position=position,
            state=StepState.WAITING if step.part is Part.STEPS else StepState.CLOSED,
        )
        for position, step in enumerate(runbook.all_steps, 1)
    ]
    return run
