"""Why a runbook can't be started: parts that can't be read, or that this release can't enforce.

A directive is never ignored silently.
"""

from collections.abc import Iterator

from portal.core.errors import Conflict
from portal.runbooks.engine.registry import action_named, facts_named, place_named, plan_named
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import EvidenceKind, Part, Problem, Step


def why_not_startable(runbook: Runbook) -> list[Problem]:
    """Problems in the order of the file; empty when a run can start."""
    found = [*runbook.problems]
    for step in runbook.all_steps:
        found += problems_of_step(step, runbook)
    return sorted(found, key=lambda problem: problem.line)


def require_startable(runbook: Runbook) -> None:
    """Raises Conflict with one sentence that names the line."""
    for problem in why_not_startable(runbook):
        raise Conflict(
            f"This runbook can't be started: line {problem.line}: {problem.message}",
            remedy="Fix the file; `flask runbooks lint` shows all that is wrong with it.",
        )
    if not runbook.steps:
        raise Conflict("There is nothing to follow in this file, so it can't be started.")


def problems_of_step(step: Step, runbook: Runbook) -> Iterator[Problem]:
    yield from not_enforceable(step)
    if step.action and not action_named(step.action):
        yield Problem(step.line_of("action"), f"There is no action called “{step.action}”.")
    if step.plan and not plan_named(step.plan):
        yield Problem(step.line_of("plan"), f"There is no plan called “{step.plan}”.")
    for name in step.facts:
        if not facts_named(name):
            yield Problem(step.line_of("facts"), f"There are no facts called “{name}”.")
    for name in step.buttons:
        if not place_named(name):
            yield Problem(step.line_of("buttons"), f"There is no button called “{name}”.")
    if step.on_fail == "rollback" and not runbook.rollback:
        yield Problem(step.line_of("on-fail"), "on-fail: there are no Rollback steps.")
    for name in unknown_names(step, runbook):
        yield Problem(step.line_of("when"), f"when: there is no input called “{name}”.")


def not_enforceable(step: Step) -> Iterator[Problem]:
    """Directives of the format that this release parses but can't enforce."""
    if step.approve:
        yield Problem(step.line_of("approve"), "This release can't enforce “approve”.")
    if step.evidence and step.evidence.kind is EvidenceKind.FILE:
        yield Problem(step.line_of("evidence"), "This release can't take a file as evidence.")


def unknown_names(step: Step, runbook: Runbook) -> list[str]:
    """Names in `when` that are neither an input nor, in a Rollback step, the id of a step."""
    known = {asked.name for asked in runbook.inputs}
    if step.part is Part.ROLLBACK:
        known |= {each.id for each in runbook.steps}
    return [name for name in (step.when.names if step.when else []) if name not in known]
