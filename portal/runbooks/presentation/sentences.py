"""A run's state in sentences: its title, what is wrong, and what was just done."""

from dataclasses import dataclass
from datetime import datetime

from portal.jobs.models import Operation, OperationState
from portal.runbooks.models import Run, RunEvent, RunStep, StepState

_ENDED = {
    OperationState.REFUSED: "was refused",
    OperationState.FAILED: "failed",
    OperationState.UNKNOWN: "ended, and its outcome is not known",
}
SAVED = {"step.noted", "step.ticked", "step.unticked", "step.evidenced"}


@dataclass(frozen=True)
class Status:
    """A sentence above the steps; `kind` is a kind of notice."""

    kind: str
    heading: str
    sentence: str
    at: datetime | None


def title_of(number: int, total: int, title: str, target: str | None) -> str:
    """“Step 4 of 6: Confirm · production”."""
    place = f" · {target}" if target else ""
    return f"Step {number} of {total}: {title}{place}"


def statuses_of(run: Run, operation: Operation | None, *, is_proven: bool) -> list[Status]:
    """Empty for a run that goes on as planned, and for one that is done.

    `operation`: of the due step; `is_proven`: it was carried out, whatever its operation says.
    """
    found = []
    if run.aborted_at:
        heading = "Rolling back." if run.is_open else "Aborted."
        by = next((each.who for each in run.events if each.action == "run.aborted"), "Unknown")
        found.append(Status("wary", heading, f"By {by}: {run.abort_reason}", run.aborted_at))
    ended = _ENDED.get(operation.state) if operation else None
    if operation and ended and not is_proven:
        sentence = operation.outcome or "No reason was recorded; its output may have one."
        heading = f"“{operation.title}” {ended}."
        found.append(Status("bad", heading, sentence, operation.finished_at))
    return found


def said_last(run: Run, rows: list[RunStep], operations: dict[int, Operation]) -> str | None:
    """What was done last, in one sentence; None if another part of the page says it."""
    event = run.events[-1] if run.events else None
    if event is None:
        return None
    if event.action in {"step.completed", "step.skipped"}:
        return _completed(rows, operations)
    return _of_event(event)


def _of_event(event: RunEvent) -> str | None:
    if event.action in SAVED:
        return f"Saved by {event.who}."
    if event.action == "stage.confirmed":
        return f"“{event.text}” was given by {event.who}."
    if event.action == "step.confirmed":
        return f"The phrase was accepted: typed by {event.who}."
    if event.action == "run.taken-over":
        return f"{event.who} drives this run now."
    return None


def _completed(rows: list[RunStep], operations: dict[int, Operation]) -> str | None:
    done = [
        (row.completed_at, number, row)
        for number, row in enumerate(rows, 1)
        if row.state is StepState.DONE and row.completed_at
    ]
    if not done:
        return None
    _, number, row = max(done, key=lambda each: (each[0], each[1]))
    operation = operations.get(row.operation_id or 0)
    outcome = f" {operation.outcome}" if operation and operation.outcome else ""
    return f"Step {number}, “{row.title}”, is done.{outcome}"
