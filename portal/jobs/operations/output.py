"""An operation's output for a page: its steps, and the reader's position."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.jobs.models import LineKind, Operation, OperationLine, OperationState
from portal.jobs.operations.queries import lines_after

ENDED = {LineKind.STEP_DONE: "done", LineKind.STEP_FAILED: "failed"}


@dataclass(frozen=True)
class Step:
    """A named part of an operation. `seconds` is set once it has ended."""

    title: str
    state: str
    seconds: float | None = None


@dataclass(frozen=True)
class Output:
    """An operation at one moment. `after` is the last line that the reader has."""

    operation: Operation
    lines: list[OperationLine]
    steps: list[Step]
    after: int


def output_of(operation: Operation, after: int = 0) -> Output:
    """The output after a line. The operation is read before its lines, so none is missed."""
    lines = lines_after(operation)
    new = [line for line in lines if line.seq > after]
    return Output(operation, new, steps_of(operation, lines), lines[-1].seq if lines else 0)


def steps_of(operation: Operation, lines: Sequence[OperationLine]) -> list[Step]:
    """The steps so far; an unfinished step of an ended operation is failed or unknown like the
    operation."""
    steps: list[Step] = []
    for line in lines:
        if line.kind is LineKind.STEP:
            steps.append(Step(line.text, "running"))
        elif line.kind in ENDED:
            _end(steps, line)
    return [_settled(step, operation) for step in steps]


def _end(steps: list[Step], line: OperationLine) -> None:
    """The innermost running step with that title; steps may be nested."""
    for at in range(len(steps) - 1, -1, -1):
        if steps[at].title == line.text and steps[at].state == "running":
            steps[at] = replace(steps[at], state=ENDED[line.kind], seconds=line.seconds)
            return


def _settled(step: Step, operation: Operation) -> Step:
    if step.state != "running" or not operation.is_finished:
        return step
    ended_badly = operation.state in {OperationState.FAILED, OperationState.REFUSED}
    return replace(step, state="failed" if ended_badly else "unknown")
