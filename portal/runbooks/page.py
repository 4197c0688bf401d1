"""Prepares the data of a run's page, so that the template only displays it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from portal.accounts.models import Account
from portal.audit.actor import Actor
from portal.jobs.models import Operation
from portal.runbooks.engine.asking import messages_sent
from portal.runbooks.engine.progression import runbook_of
from portal.runbooks.engine.queries import usual_duration
from portal.runbooks.engine.registry import (
    Action,
    Finding,
    Result,
    Stage,
    StepContext,
    Summary,
    action_named,
    findings_of,
    plan_named,
    summary_of,
)
from portal.runbooks.engine.requirements import (
    before_action,
    before_completion,
    operation_of,
    proof_of,
    stages_of,
)
from portal.runbooks.engine.step_lock import context_of
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Part, Step
from portal.runbooks.models import Run, RunStep, StepState
from portal.runbooks.presentation.live import database_of
from portal.runbooks.presentation.sentences import Status, said_last, statuses_of, title_of
from portal.runbooks.presentation.texts import changes_since, places_of, read_in_run
from portal.runbooks.presentation.timing import (
    Took,
    has_actions,
    operations_of,
    took_by_run,
    took_by_step,
)
from portal.runbooks.prose import Prose, prose_of


@dataclass(frozen=True)
class TypedValues:
    """The text of a refused request, so that nothing typed is lost."""

    ticks: set[int] | None = None
    note: str | None = None
    evidence: str | None = None
    text: str = ""


@dataclass(frozen=True)
class StepLine:
    """One step in the list. `look` is a state of the step component."""

    number: int
    row: RunStep
    step: Step
    look: str
    operation: Operation | None = None
    took: Took | None = None


@dataclass(frozen=True)
class StepCard(StepLine):
    """The step that the page shows. `result`: of its completed action."""

    prose: Prose = field(kw_only=True)
    usual: timedelta | None = None
    note: str = ""
    evidence: str = ""
    result: Result | None = None


@dataclass(frozen=True)
class DueStep:
    """The controls of the due step besides its prose."""

    card: StepCard
    action: Action | None
    label: str | None = None
    stages: list[Stage] = field(default_factory=list)
    plan_template: str | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    who_may: list[Account] = field(default_factory=list)
    messages: Sequence[Operation] = ()
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
    """`shown`: the step in the middle, None for an ended run. `due`: only if it is the due one."""

    run: Run
    runbook: Runbook
    lines: list[StepLine]
    shown: StepCard | None
    due: DueStep | None
    is_driver: bool
    took: Took
    statuses: list[Status]
    said: str | None
    reading: list[tuple[str | None, Markup, str]]
    changes: list[str] | None
    gone: bool
    findings: list[Finding]
    summary: Summary | None

    @property
    def due_line(self) -> StepLine | None:
        return next((each for each in self.lines if each.row is self.run.due_row), None)

    @property
    def about(self) -> str | None:
        return database_of(self.run, self.runbook)

    @property
    def title(self) -> str | None:
        if self.shown is None:
            return None
        number, row = self.shown.number, self.shown.row
        return title_of(number, len(self.lines), row.title, self.about)

    @property
    def is_reading(self) -> bool:
        """Whether a step is shown that is not the due one."""
        return self.shown is not None and self.due is None


def run_page(
    run: Run,
    *,
    by: Actor,
    here: str,
    typed: TypedValues | None = None,
    step: int | None = None,
) -> RunPage:
    """The data of a run's page, which is at `here`; `typed` replaces the stored values in the due
    step. `step`: the number of the step to read; any other number shows the due one.
    """
    runbook, operations = runbook_of(run), {each.id: each for each in operations_of(run)}
    rows = rows_of(run)
    lines = [_line(number, row, runbook, operations) for number, row in enumerate(rows, 1)]
    due = next((each for each in lines if each.row is run.due_row), None)
    shown = next((each for each in lines if each.number == step), due)
    places = places_of(runbook, rows, shown.number if shown else None, here)
    is_driver = run.is_open and run.driver_id == by.id
    card = _card(shown, typed or TypedValues(), places, is_driver=is_driver, by=by)
    due_step = _due(card, by=by) if card and shown is due else None
    changes, gone = changes_since(run)
    return RunPage(
        run=run,
        runbook=runbook,
        lines=lines,
        shown=card,
        due=due_step,
        is_driver=is_driver,
        took=took_by_run(run, operations.values(), is_by_hand=not has_actions(runbook)),
        statuses=_statuses(run, due, due_step),
        said=said_last(run, rows, operations),
        reading=[
            (each.title, read_in_run(each.body, places), f"about-{number}")
            for number, each in enumerate(runbook.reading, 1)
        ],
        changes=changes,
        gone=gone,
        findings=findings_of(run),
        summary=summary_of(run),
    )


def rows_of(run: Run) -> list[RunStep]:
    """The steps in their order; those of the rollback once it was opened."""
    shown = [row for row in run.rows if row.part is Part.STEPS or run.aborted_at]
    return sorted(shown, key=lambda row: row.position)


def _statuses(run: Run, due: StepLine | None, shown: DueStep | None) -> list[Status]:
    is_proven = shown is not None and shown.proof is not None
    return statuses_of(run, due.operation if due else None, is_proven=is_proven)


def _line(
    number: int, row: RunStep, runbook: Runbook, operations: dict[int, Operation]
) -> StepLine:
    step = runbook.step(row.step_id)
    operation = operations.get(row.operation_id or 0) or operation_of(row)
    is_consent = bool(step.plan and not step.action)
    took = took_by_step(row, operations.values(), is_consent=is_consent)
    return StepLine(number, row, step, _look(row, operation), operation, took)


def _card(
    line: StepLine | None,
    typed: TypedValues,
    places: dict[str, str],
    *,
    is_driver: bool,
    by: Actor,
) -> StepCard | None:
    if line is None:
        return None
    row, step, operation = line.row, line.step, line.operation
    ticked = {int(key) for key in row.ticks}
    note, evidence = row.note, row.evidence
    if row.is_due and is_driver:
        ticked = ticked if typed.ticks is None else typed.ticks
        note = row.note if typed.note is None else typed.note
        evidence = row.evidence if typed.evidence is None else typed.evidence
    live = row.is_due and is_driver and not (operation and not operation.is_finished)
    return StepCard(
        **vars(line),
        prose=prose_of(step, row, live=live, ticked=ticked, places=places),
        usual=usual_duration(row.run, row.step_id) if row.state is StepState.WAITING else None,
        note=note,
        evidence=evidence,
        result=_result(line, context_of(row, by=by)),
    )


def _look(row: RunStep, operation: Operation | None) -> str:
    if row.state is StepState.DONE:
        return "done"
    if row.state in {StepState.SKIPPED, StepState.CLOSED}:
        return "skipped"
    if not row.is_due:
        return "coming"
    if operation and not operation.is_done:
        return "failed" if operation.is_finished else str(operation.state)
    return "due"


def _due(card: StepCard, *, by: Actor) -> DueStep:
    gate = plan_named(card.step.plan) if card.step.plan else None
    context = context_of(card.row, by=by)
    action = action_named(card.step.action) if card.step.action else None
    stages = stages_of(card.row, card.step, by=by)
    anothers = next((each for each in stages if each.is_anothers and not each.is_done), None)
    return DueStep(
        card=card,
        action=action,
        label=action.label_for(context) if action else None,
        stages=stages,
        plan_template=gate.template if gate else None,
        plan=gate.summary(context) if gate else {},
        blocked=[*before_action(card.row, card.step, by=by)],
        missing=[*before_completion(card.row, card.step, by=by)],
        who_may=gate.who_may(context, anothers.key) if gate and anothers else [],
        messages=messages_sent(card.row.run, anothers.key) if anothers else (),
        proof=proof_of(card.row, card.step, by=by),
    )


def _result(line: StepLine, context: StepContext) -> Result | None:
    """The result of the completed action; None if it has none."""
    is_done = line.operation is not None and line.operation.is_done
    action = action_named(line.step.action) if line.step.action else None
    if not is_done or action is None or action.result is None:
        return None
    return action.result(context)
