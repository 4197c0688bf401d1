"""Asks those who may give a confirmation for it by email: one message each, on record.

Nothing of the run moves with it, so that the page of the one who is asked stays current.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from portal.accounts.login.throttle import Allowance, consume_allowance
from portal.accounts.models import Account
from portal.audit.actor import Actor
from portal.core.errors import TooMany
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.jobs.operations.service import request_operation
from portal.runbooks.engine.events import conflict, record_event
from portal.runbooks.engine.progression import runbook_of
from portal.runbooks.engine.registry import plan_named
from portal.runbooks.engine.step_lock import context_of, lock_run, require_driver
from portal.runbooks.models import Run, RunStep

ASK = "approvals.ask"
AGAIN_AFTER = timedelta(minutes=10)
"""Each person gets one message of a run and a confirmation in this time."""
SHOWN = 5


def ask_by_email(run_id: int, step_id: str, stage: str, *, by: Actor) -> list[str]:
    """Queue a message to everybody who may give it; returns the names. The caller commits.

    Raises Conflict if no one has to be asked now or another person drives the run, TooMany if all
    of them were asked a short while ago.
    """
    run = lock_run(run_id)
    require_driver(run, by=by, action="approval.requested")
    row = run.due_row
    if row is None or row.step_id != step_id:
        raise conflict(run, "approval.requested", "It is not this step's turn.", step_id=step_id)
    people = [each for each in people_asked(row, stage, by=by) if each.id != by.id]
    if not people:
        raise conflict(
            run, "approval.requested", "No one else has to be asked for this now.", step_id=step_id
        )
    asked = _allowed(run, stage, people)
    for each in asked:
        _queue(row, stage, each, by=by)
    record_event(
        run, "approval.requested", by=by, row=row, text=", ".join(each.name for each in asked)
    )
    return [each.name for each in asked]


def people_asked(row: RunStep, stage: str, *, by: Actor) -> list[Account]:
    """Who may give this confirmation of the step now."""
    name = runbook_of(row.run).step(row.step_id).plan
    gate, context = plan_named(name) if name else None, context_of(row, by=by)
    open_ = {each.key for each in gate.stages(context) if not each.is_done} if gate else set()
    return gate.who_may(context, stage) if gate and stage in open_ else []


def messages_sent(run: Run, stage: str) -> Sequence[Operation]:
    """The operations that carry the latest of these messages, newest first."""
    query = select(Operation).where(Operation.subject == _subject(run, stage))
    return db.session.scalars(query.order_by(Operation.id.desc()).limit(SHOWN)).all()


def _queue(row: RunStep, stage: str, person: Account, *, by: Actor) -> None:
    request_operation(
        ASK,
        by=by,
        arguments={
            "run": row.run.id,
            "step": row.step_id,
            "stage": stage,
            "account": person.id,
            "name": person.name,
        },
        subject=_subject(row.run, stage),
    )


def _subject(run: Run, stage: str) -> str:
    return f"{run.uuid}/{stage}"


def _allowed(run: Run, stage: str, people: list[Account]) -> list[Account]:
    """Those who were not asked a short while ago. Raises TooMany if there are none."""
    allowed, refused = [], None
    for each in people:
        key = Allowance(f"ask:{_subject(run, stage)}:{each.id}", 1, AGAIN_AFTER)
        try:
            consume_allowance([key], attempts=f"emails to {each.name}", action="approval.requested")
        except TooMany as error:
            refused = error
        else:
            allowed.append(each)
    if refused and not allowed:
        raise refused
    return allowed
