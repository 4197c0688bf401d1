"""Actions on the due step: ticks, notes, evidence, the phrase, its job, its completion."""

import re
from collections.abc import Collection
from datetime import datetime

from portal.core.clock import now
from portal.core.errors import Invalid
from portal.jobs.models import Operation
from portal.jobs.operations.service import request_operation
from portal.runbooks.engine.events import record_event
from portal.runbooks.engine.progression import complete
from portal.runbooks.engine.registry import PlanGate, Stage, action_named, plan_named
from portal.runbooks.engine.requirements import (
    before_action,
    before_completion,
    note_proof,
    operation_of,
    proof_of,
    stages_of,
)
from portal.runbooks.engine.step_lock import StepTurn
from portal.runbooks.format.steps import EvidenceKind

LONGEST = 20_000
_NUMBER = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)?\s*")


def tick(turn: StepTurn, ticked: Collection[int]) -> None:
    """Set exactly these tasks as ticked, counted from 0; each change is an event."""
    for number, task in enumerate(turn.step.ticks):
        key, wanted = str(number), number in ticked
        if wanted is (key in turn.row.ticks):
            continue
        ticks = {other: who for other, who in turn.row.ticks.items() if other != key}
        if wanted:
            ticks[key] = {"by": turn.by.name, "at": now().isoformat()}
        turn.row.ticks = ticks
        action = "step.ticked" if wanted else "step.unticked"
        record_event(turn.run, action, by=turn.by, row=turn.row, text=task)


def note(turn: StepTurn, text: str) -> None:
    """Save a note exactly as typed."""
    text = _kept(text)
    if text != turn.row.note:
        turn.row.note = text
        record_event(turn.run, "step.noted", by=turn.by, row=turn.row, text=text)


def give_evidence(turn: StepTurn, text: str) -> None:
    """Save the evidence that the step requires. Raises Invalid when it is not a number."""
    wanted, text = turn.step.evidence, _kept(text)
    if not wanted or text == turn.row.evidence:
        return
    if wanted.kind is EvidenceKind.NUMBER and text.strip() and not _NUMBER.fullmatch(text):
        raise Invalid(f"“{wanted.label}” must be a number.", field="evidence")
    turn.row.evidence = text
    record_event(turn.run, "step.evidenced", by=turn.by, row=turn.row, text=text)


def confirm(turn: StepTurn, text: str) -> None:
    """Accept the phrase: compared exactly, valid once for this run, this step and this person."""
    if not turn.step.confirm:
        raise turn.refuse("step.confirmed", "This step asks for no phrase.")
    if text != turn.step.confirm:
        raise turn.refuse(
            "step.confirmed",
            "What was typed is not the phrase.",
            remedy="Type it exactly as it is shown, capitals and spaces included.",
            field="phrase",
        )
    row = turn.row
    row.confirmed_text, row.confirmed_at, row.confirmation_used = text, now(), False
    row.confirmed_by_id, row.confirmed_by = turn.by.id, turn.by.name
    record_event(turn.run, "step.confirmed", by=turn.by, row=row, text=text)
    complete_if_ready(turn)


def check_stage(turn: StepTurn, stage_key: str, text: str) -> datetime | None:
    """Refuse what `confirm_stage` would, but for the login; nothing is confirmed.

    Returns the time that the login has to be later than.
    """
    gate, stage = _stage(turn, stage_key)
    gate.check(turn.context, stage_key, text, by=turn.by)
    return stage.login_after


def confirm_stage(
    turn: StepTurn, stage_key: str, text: str, *, logged_in_at: datetime | None
) -> None:
    """Pass a typed text to the plan's gate, which checks the text and who may give it."""
    gate, stage = _stage(turn, stage_key)
    gate.confirm(turn.context, stage_key, text, by=turn.by, logged_in_at=logged_in_at)
    record_event(turn.run, "stage.confirmed", by=turn.by, row=turn.row, text=stage.title)
    complete_if_ready(turn)


def _stage(turn: StepTurn, stage_key: str) -> tuple[PlanGate, Stage]:
    """Raises Conflict, for the audit log, for a stage that this step doesn't have."""
    gate = plan_named(turn.step.plan) if turn.step.plan else None
    stages = {stage.key: stage for stage in stages_of(turn.row, turn.step, by=turn.by)}
    if gate is None or stage_key not in stages:
        raise turn.refuse("step.confirmed", "This step asks for no such confirmation.")
    return gate, stages[stage_key]


def run_action(turn: StepTurn) -> Operation:
    """Queue the step's action for the worker. A failed action can be run again."""
    action = action_named(turn.step.action) if turn.step.action else None
    if action is None:
        raise turn.refuse("action.requested", "This step has no action that this release knows.")
    earlier = operation_of(turn.row)
    if earlier and (earlier.is_done or not earlier.is_finished):
        word = "has been carried out" if earlier.is_done else "is already under way"
        raise turn.refuse("action.requested", f"The action of this step {word}.")
    if proof := proof_of(turn.row, turn.step, by=turn.by):
        raise turn.refuse("action.requested", proof, remedy="Complete the step.")
    for sentence in before_action(turn.row, turn.step, by=turn.by):
        raise turn.refuse("action.requested", sentence)
    context = turn.context
    operation = request_operation(
        action.job,
        by=turn.by,
        target=action.target(context),
        arguments=action.arguments(context),
        subject=turn.run.uuid,
    )
    turn.row.operation_id = operation.id
    turn.row.confirmation_used = turn.step.confirm is not None
    record_event(turn.run, "action.requested", by=turn.by, row=turn.row, text=action.title)
    return operation


def complete_step(turn: StepTurn) -> None:
    """Complete the due step. Raises Conflict with the first thing that is missing."""
    for sentence in before_completion(turn.row, turn.step, by=turn.by):
        raise turn.refuse("step.completed", f"This step is not complete: {sentence}")
    complete(turn.row, by=turn.by, proof=note_proof(turn.row, turn.step, by=turn.by))


def complete_if_ready(turn: StepTurn) -> None:
    """Complete the step when a confirmation was its last requirement."""
    if not turn.step.action and not [*before_completion(turn.row, turn.step, by=turn.by)]:
        complete(turn.row, by=turn.by)


def _kept(text: str) -> str:
    """The text with normalised line ends. Raises Invalid when it is too long."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    if len(text) > LONGEST:
        raise Invalid(f"A note may hold {LONGEST} characters.", field="note")
    return text
