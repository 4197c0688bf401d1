"""Prepares the data of a run's page, so that the template only displays it."""

from dataclasses import dataclass, field
from datetime import timedelta
from difflib import unified_diff
from typing import Any

from markupsafe import Markup

from portal.audit.actor import Actor
from portal.core.errors import Invalid, NotFound
from portal.documents.rendering.render import render
from portal.jobs.models import Operation
from portal.runbooks.engine.progression import runbook_of
from portal.runbooks.engine.queries import usual_duration
from portal.runbooks.engine.registry import (
    Action,
    Finding,
    Result,
    Stage,
    StepContext,
    action_named,
    findings_of,
    plan_named,
)
from portal.runbooks.engine.requirements import (
    before_action,
    before_completion,
    operation_of,
    proof_of,
    stages_of,
)
from portal.runbooks.engine.step_lock import context_of
from portal.runbooks.format.library import runbook_named
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Part, Step
from portal.runbooks.models import Run, RunStep, StepState
from portal.runbooks.prose import Prose, below_a_heading, named_boxes, prose_of


@dataclass(frozen=True)
class TypedValues:
    """The text of a refused request, so that nothing typed is lost."""

    ticks: set[int] | None = None
    note: str | None = None
    evidence: str | None = None
    text: str = ""


@dataclass(frozen=True)
class StepCard:
    """One step as the page shows it. `look` is a state of the step component."""

    number: int
    row: RunStep
    step: Step
    look: str
    prose: Prose
    operation: Operation | None = None
    usual: timedelta | None = None
    note: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class DueStep:
    """The controls of the due step besides its prose."""

    card: StepCard
    action: Action | None
    label: str | None = None
    result: Result | None = None
    stages: list[Stage] = field(default_factory=list)
    plan_template: str | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    proof: str | None = None

    @property
    def is_busy(self) -> bool:
        operation = self.card.operation
        return operation is not None and not operation.is_finished

    @property
    def action_is_done(self) -> bool:
        said = self.card.operation is not None and self.card.operation.is_done
        return said or self.proof is not None

    @property
    def next_stage(self) -> Stage | None:
        return next((stage for stage in self.stages if not stage.is_done), None)


@dataclass(frozen=True)
class RunPage:
    run: Run
    runbook: Runbook
    cards: list[StepCard]
    due: DueStep | None
    is_driver: bool
    reading: list[tuple[str | None, Markup]]
    changes: list[str] | None
    gone: bool
    findings: list[Finding]


def run_page(run: Run, *, by: Actor, typed: TypedValues | None = None) -> RunPage:
    """The data of a run's page; `typed` replaces the stored values in the due step."""
    typed = typed or TypedValues()
    runbook = runbook_of(run)
    is_driver = run.is_open and run.driver_id == by.id
    shown = [row for row in run.rows if row.part is Part.STEPS or run.aborted_at]
    cards = [
        _card(number, row, runbook.step(row.step_id), typed, is_driver=is_driver)
        for number, row in enumerate(sorted(shown, key=lambda row: row.position), 1)
    ]
    due = next((card for card in cards if card.row is run.due_row), None)
    changes, gone = _changes(run)
    return RunPage(
        run=run,
        runbook=runbook,
        cards=cards,
        due=_due(due, by=by) if due else None,
        is_driver=is_driver,
        reading=[(each.title, _read(each.body)) for each in runbook.reading],
        changes=changes,
        gone=gone,
        findings=findings_of(run),
    )


def _card(
    number: int, row: RunStep, step: Step, typed: TypedValues, *, is_driver: bool
) -> StepCard:
    due, operation = row.is_due, operation_of(row)
    ticked = {int(key) for key in row.ticks}
    note, evidence = row.note, row.evidence
    if due and is_driver:
        ticked = ticked if typed.ticks is None else typed.ticks
        note = row.note if typed.note is None else typed.note
        evidence = row.evidence if typed.evidence is None else typed.evidence
    live = due and is_driver and not (operation and not operation.is_finished)
    return StepCard(
        number=number,
        row=row,
        step=step,
        look=_look(row, operation),
        prose=prose_of(step, row, live=live, ticked=ticked),
        operation=operation,
        usual=usual_duration(row.run, row.step_id) if due else None,
        note=note,
        evidence=evidence,
    )


def _look(row: RunStep, operation: Operation | None) -> str:
    if row.state is StepState.DONE:
        return "done"
    if row.state in {StepState.SKIPPED, StepState.CLOSED}:
        return "skipped"
    if not row.is_due:
        return "coming"
    return str(operation.state) if operation and not operation.is_finished else "due"


def _due(card: StepCard, *, by: Actor) -> DueStep:
    gate = plan_named(card.step.plan) if card.step.plan else None
    context = context_of(card.row, by=by)
    action = action_named(card.step.action) if card.step.action else None
    return DueStep(
        card=card,
        action=action,
        label=action.label_for(context) if action else None,
        result=_result(card, action, context),
        stages=stages_of(card.row, card.step, by=by),
        plan_template=gate.template if gate else None,
        plan=gate.summary(context) if gate else {},
        blocked=[*before_action(card.row, card.step, by=by)],
        missing=[*before_completion(card.row, card.step, by=by)],
        proof=proof_of(card.row, card.step, by=by),
    )


def _result(card: StepCard, action: Action | None, context: StepContext) -> Result | None:
    """The result of the completed action; None if it has none."""
    is_done = card.operation is not None and card.operation.is_done
    if not is_done or action is None or action.result is None:
        return None
    return action.result(context)


def _read(body: str) -> Markup:
    return named_boxes(below_a_heading(render(body).html))


def _changes(run: Run) -> tuple[list[str] | None, bool]:
    """The diff from the run's source to the current file, and whether the file was removed."""
    try:
        current = runbook_named(run.runbook_id).source
    except NotFound:
        return None, True
    except Invalid:
        return ["The file can't be read now."], False
    if current == run.source:
        return None, False
    then, today = run.source.splitlines(), current.splitlines()
    return [*unified_diff(then, today, "followed by this run", "now", lineterm="", n=2)], False
