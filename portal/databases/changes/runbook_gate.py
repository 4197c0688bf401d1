"""The gate of a runbook step with `plan: databases`: phrases, and who may give them.

A runbook names the gate and can change nothing about it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.accounts.models import Account
from portal.audit.actor import Actor
from portal.core.errors import Conflict, FreshLoginNeeded, NotFound
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.changes.plan import plan_of_run
from portal.databases.changes.summary import summary_of
from portal.databases.changes.ticket_requirements import (
    PHRASE,
    approvers,
    needs_another_person,
    require_approvable,
    require_confirmable,
    require_explainable,
    why_not_second,
)
from portal.databases.changes.tickets import approve, confirm, explain_objects, ticket_of_run
from portal.databases.migrations.objects.plan import NOT_COMPARED, needs_reason
from portal.jobs.leases.clocks import is_ahead
from portal.runbooks.engine.registry import Stage, StepContext

WHY, FIRST, SECOND = "objects", "phrase", "second"
REQUIREMENTS: dict[str, Callable[..., None]] = {
    WHY: require_explainable,
    FIRST: require_confirmable,
    SECOND: require_approvable,
}
AGAIN = "Abort this run, then start the change again."


class DatabasesGate:
    """Two confirmations of the run's newest plan, preceded by a reason if the plan needs one."""

    template = "databases/_plan.html"

    def stages(self, context: StepContext) -> list[Stage]:
        ticket = ticket_of_run(context.run_uuid)
        if ticket is None:
            return [_nothing_yet()]
        why = [_why(ticket)] if needs_reason(ticket.plan.objects) else []
        return [*why, _first(ticket), _second(ticket, context.by)]

    def check(self, context: StepContext, stage_key: str, text: str, *, by: Actor) -> None:
        require = REQUIREMENTS.get(stage_key)
        if require is None:
            raise NotFound(f"There is no confirmation called “{stage_key}”.")
        require(_ticket(context), text, by=by)

    def who_may(self, context: StepContext, stage_key: str) -> list[Account]:
        """Of the second confirmation, once it is due; for the others no one is asked."""
        ticket = ticket_of_run(context.run_uuid)
        if stage_key != SECOND or ticket is None or _why_ended(ticket):
            return []
        return approvers(ticket) if ticket.state is TicketState.CONFIRMED else []

    def confirm(
        self,
        context: StepContext,
        stage_key: str,
        text: str,
        *,
        by: Actor,
        logged_in_at: datetime | None,
    ) -> None:
        ticket = _ticket(context)
        if stage_key == WHY:
            explain_objects(ticket, text, by=by)
        elif stage_key == FIRST:
            confirm(ticket, text, by=by)
        elif stage_key == SECOND:
            if logged_in_at is None:
                raise FreshLoginNeeded("The second confirmation needs a login.")
            approve(ticket, text, by=by, logged_in_at=logged_in_at)
        else:
            raise NotFound(f"There is no confirmation called “{stage_key}”.")

    def summary(self, context: StepContext) -> dict[str, Any]:
        plan = plan_of_run(context.run_uuid)
        return summary_of(plan) if plan else {"sealed": None}


def _ticket(context: StepContext) -> Ticket:
    """Raises Conflict."""
    if ticket := ticket_of_run(context.run_uuid):
        return ticket
    raise Conflict("There is no plan to confirm yet.", remedy="Rehearse the change first.")


def _nothing_yet() -> Stage:
    return Stage(
        key=FIRST,
        title="Confirm the plan",
        prompt="There is no plan yet.",
        phrase=PHRASE,
        refusal="Rehearse the change first: what is confirmed is a rehearsed plan.",
    )


def _why(ticket: Ticket) -> Stage:
    plan = ticket.plan
    number = len(plan.objects["unnamed"]) if plan.objects else 0
    return Stage(
        key=WHY,
        title="Give the reason",
        prompt=NOT_COMPARED
        if not number
        else f"Objects that would go or change, and that no operation names: {number}.",
        phrase="",
        label="Why this may go or change",
        hint="A sentence for the record: the approver reads it.",
        done_by=ticket.objects_reason_by,
        done_at=ticket.objects_reason_at if _counts(ticket) else None,
        done_words=ticket.objects_reason,
        refusal=_why_ended(ticket),
    )


def _first(ticket: Ticket) -> Stage:
    return Stage(
        key=FIRST,
        title="Confirm the plan",
        prompt=_prompt(ticket),
        phrase=PHRASE,
        hint="With its capitals and the space. It is valid for this plan only, once.",
        done_by=ticket.confirmed_by,
        done_at=ticket.confirmed_at if _counts(ticket) else None,
        refusal=_why_ended(ticket),
    )


def _second(ticket: Ticket, by: Actor) -> Stage:
    is_due = ticket.state is TicketState.CONFIRMED and not _why_ended(ticket)
    why_not = why_not_second(ticket, by) if is_due else "The first confirmation comes first."
    is_asked = is_due and not why_not and ticket.confirmed_by_id != by.id
    return Stage(
        key=SECOND,
        title="Second confirmation",
        prompt=f"An admin types the database’s name, {ticket.plan.target}.",
        phrase=ticket.plan.target,
        hint="As it is shown, character by character.",
        done_by=ticket.approved_by,
        done_at=ticket.approved_at if _counts(ticket) else None,
        login_after=ticket.confirmed_at if is_due else None,
        asked_by=ticket.confirmed_by if is_asked and needs_another_person(ticket) else None,
        is_anothers=is_due and bool(why_not),
        act=f"Approve the change of {ticket.plan.target}",
        refusal=_why_ended(ticket) or why_not,
    )


def _prompt(ticket: Ticket) -> str:
    plan = ticket.plan
    return (
        f"This changes {plan.target} from revision {plan.from_revision} to {plan.to_revision},"
        f" as rehearsed on backup {plan.backup.name}."
    )


def _counts(ticket: Ticket) -> bool:
    return ticket.state is TicketState.USED or _why_ended(ticket) is None


def _why_ended(ticket: Ticket) -> str | None:
    """Why the ticket can't be confirmed any more, or None."""
    if ticket.state is TicketState.VOID:
        return f"The plan is void: {ticket.voided_because} {AGAIN}"
    if ticket.state is not TicketState.USED and is_ahead(ticket.plan.sealed_at):
        return f"A clock is wrong: the plan's time is in the future. {AGAIN}"
    if ticket.state is not TicketState.USED and not ticket.plan.is_open:
        return f"The plan is older than a day. {AGAIN}"
    return None
