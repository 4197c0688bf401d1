"""Tickets: the permission to carry out one plan, once.

Texts are compared here, character by character: no caller can relax this comparison.
"""

import hmac
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from portal.accounts.models import STAFF, Account, Role
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import ApprovalRule, settings
from portal.core.errors import (
    Conflict,
    Forbidden,
    FreshLoginNeeded,
    Invalid,
    NotFound,
    Refusal,
    Refused,
)
from portal.core.storage.database import db, update_one
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.changes.plan import require_open
from portal.databases.migrations.objects.plan import listed, needs_reason
from portal.databases.policies.overrides import LONGEST_REASON
from portal.databases.policies.second_person import why_not_somebody_else
from portal.jobs.leases.clocks import require_past
from portal.runbooks.models import Run

PHRASE = "MIGRATE PRODUCTION"


class NoReason(Invalid):
    """The text is not a reason, or is too long."""

    status = 422
    heading = "The reason is missing or too long"


def issue_ticket(plan: Plan, *, by: Actor) -> Ticket:
    """The ticket of a plan that was just locked; it expires with the plan."""
    highest = db.session.scalar(select(func.max(Ticket.id))) or 0
    ticket = Ticket(
        number=f"T-{highest + 1:04}",
        plan=plan,
        seal=plan.seal,
        run=plan.run,
        prepared_by_id=by.id,
        prepared_by=by.name,
        prepared_at=now(),
        expires_at=plan.expires_at,
    )
    db.session.add(ticket)
    db.session.flush()
    record("ticket.issued", ticket.number, by=by, target=plan.target, details={"seal": plan.seal})
    return ticket


def ticket_of_run(run: str) -> Ticket | None:
    """The ticket of the run's newest plan, void or not."""
    query = select(Ticket).where(Ticket.run == run).order_by(Ticket.id.desc()).limit(1)
    return db.session.scalar(query)


def ticket_numbered(number: str) -> Ticket:
    """Raises NotFound."""
    if ticket := db.session.scalar(select(Ticket).where(Ticket.number == number)):
        return ticket
    raise NotFound(f"There is no ticket {number}.")


def explain_objects(ticket: Ticket, reason: str, *, by: Actor) -> None:
    """Before the first confirmation: why objects may be lost or changed that no operation names.

    Raises Forbidden for everyone but staff, Conflict if the ticket has moved on or nothing has to
    be explained, NoReason for an empty or too long one.
    """
    if by.role not in STAFF:
        raise _forbidden(ticket, "Only ops and admins may say why objects may go.")
    _require(ticket, TicketState.OPEN)
    if not needs_reason(ticket.plan.objects):
        raise Conflict("Every object that goes or changes is named by an operation.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise NoReason(f"Say why it may go or change, in up to {LONGEST_REASON} characters.")
    ticket.objects_reason = reason.strip()
    ticket.objects_reason_by_id, ticket.objects_reason_by = by.id, by.name
    ticket.objects_reason_at = now()
    record(
        "ticket.objects-explained",
        ticket.number,
        by=by,
        target=ticket.plan.target,
        details={"seal": ticket.seal, "objects": _objects_of(ticket)},
        reason=ticket.objects_reason,
    )


def _objects_of(ticket: Ticket) -> str:
    return " ".join(listed(ticket.plan.objects)) or "They were not compared."


def confirm(ticket: Ticket, text: str, *, by: Actor) -> None:
    """The first confirmation: the exact phrase.

    Raises Forbidden for everyone but staff, Conflict if the ticket has moved on, Refused if the
    text is not the phrase.
    """
    if by.role not in STAFF:
        raise _forbidden(ticket, "Only ops and admins may confirm a change of production.")
    _require(ticket, TicketState.OPEN)
    _require_explained(ticket)
    _require_text(ticket, text, PHRASE)
    _move(
        ticket,
        was=TicketState.OPEN,
        to=TicketState.CONFIRMED,
        confirmed_by_id=by.id,
        confirmed_by=by.name,
        confirmed_at=now(),
    )
    _record(ticket, "ticket.confirmed", by)


def approve(ticket: Ticket, text: str, *, by: Actor, logged_in_at: datetime) -> None:
    """The second confirmation: the target's name, by an admin who logged in since the first.

    With `second-person` it must be a person who neither took part nor depends on a participant (see
    `second_person`). Raises Forbidden, Conflict, FreshLoginNeeded or Refused.
    """
    if by.role != Role.ADMIN:
        raise _forbidden(ticket, "Only an admin may give the second confirmation.")
    _require(ticket, TicketState.CONFIRMED)
    _require_explained(ticket)
    _require_other_person(ticket, by)
    require_past("your login was", logged_in_at)
    if ticket.confirmed_at is None or logged_in_at <= ticket.confirmed_at:
        raise FreshLoginNeeded("The second confirmation needs a login after the first one.")
    _require_text(ticket, text, ticket.plan.target)
    _move(
        ticket,
        was=TicketState.CONFIRMED,
        to=TicketState.APPROVED,
        approved_by_id=by.id,
        approved_by=by.name,
        approved_at=now(),
    )
    _record(ticket, "ticket.approved", by)


def why_not_second(ticket: Ticket, by: Actor) -> str | None:
    """Why this person may not give the second confirmation, or None."""
    if by.role != Role.ADMIN:
        return "An admin gives the second confirmation."
    return _why_not_other_person(ticket, by)


def require_approved(ticket: Ticket) -> None:
    """Raises Conflict unless both confirmations were given, for this plan hash, and still count."""
    _require(ticket, TicketState.APPROVED)
    _require_explained(ticket)


def _require_explained(ticket: Ticket) -> None:
    """Raises Refused until a reason is given why objects may be lost that no operation names."""
    if needs_reason(ticket.plan.objects) and not (ticket.objects_reason or "").strip():
        raise Refused(
            f"Ticket {ticket.number} needs a reason first: {_objects_of(ticket)}",
            remedy="Say why that may go, or prepare the change again."
            if ticket.plan.objects
            else "Prepare the change again: then they are compared.",
            refusal=_refusal(ticket),
        )


def mark_used(ticket: Ticket, *, outcome: dict[str, object] | None = None) -> None:
    """The change was committed: plan and ticket can't be used again."""
    ticket.state = TicketState.USED
    ticket.used_at = ticket.plan.used_at = now()
    ticket.outcome = outcome


def _require(ticket: Ticket, state: TicketState) -> None:
    db.session.refresh(ticket)
    if ticket.state is TicketState.VOID:
        raise Conflict(f"Ticket {ticket.number} is void: {ticket.voided_because}")
    require_open(ticket.plan)
    require_past("the reason was given", ticket.objects_reason_at)
    require_past("the first confirmation was given", ticket.confirmed_at)
    require_past("the second confirmation was given", ticket.approved_at)
    _require_open_run(ticket)
    if ticket.seal != ticket.plan.seal:
        raise Conflict(f"Ticket {ticket.number} belongs to another plan.")
    if ticket.state is not state:
        raise Conflict(
            f"Ticket {ticket.number} is {ticket.state.value}, and needs to be {state.value} first."
        )
    _require_entitled(ticket.objects_reason_by_id, STAFF)
    _require_entitled(ticket.confirmed_by_id, STAFF)
    _require_entitled(ticket.approved_by_id, (Role.ADMIN,))


def _require_entitled(account_id: int | None, roles: Collection[Role]) -> None:
    """A confirmation becomes invalid with the account or the role that gave it."""
    account = db.session.get(Account, account_id, populate_existing=True) if account_id else None
    if account and (account.is_disabled or account.role not in roles):
        raise Conflict(
            f"{account.name} confirmed this change, and may not any more.",
            remedy="Prepare the change again.",
        )


def _require_open_run(ticket: Ticket) -> None:
    """The ticket of a run that ended or rolls back is invalid."""
    if ticket.run is None:
        return
    run = db.session.scalar(select(Run).where(Run.uuid == ticket.run))
    if run is None or not run.is_open or run.aborted_at:
        raise Conflict(f"The run of ticket {ticket.number} was ended or aborted.")


def _require_text(ticket: Ticket, text: str, expected: str) -> None:
    """No trimming and no case folding: typing must be deliberate."""
    if not hmac.compare_digest(text.encode("utf-8", "surrogatepass"), expected.encode()):
        raise Refused(
            f"That is not exactly “{expected}”; nothing was confirmed.",
            remedy="Type it as it is shown, with its capitals and spaces.",
            refusal=_refusal(ticket),
        )


def _require_other_person(ticket: Ticket, by: Actor) -> None:
    if sentence := _why_not_other_person(ticket, by):
        raise _forbidden(ticket, sentence)


def _why_not_other_person(ticket: Ticket, by: Actor) -> str | None:
    if settings().production_approval is not ApprovalRule.SECOND_PERSON:
        return None
    return why_not_somebody_else(ticket, by)


def _move(ticket: Ticket, *, was: TicketState, to: TicketState, **values: object) -> None:
    """Of two concurrent confirmations, one succeeds."""
    is_it = Ticket.id == ticket.id, Ticket.state == was
    if not update_one(Ticket, *is_it, values={"state": to, **values}):
        raise Conflict(f"Somebody else was faster with ticket {ticket.number}.")
    db.session.refresh(ticket)


def _record(ticket: Ticket, action: str, by: Actor) -> None:
    record(
        action,
        ticket.number,
        by=by,
        target=ticket.plan.target,
        details={"seal": ticket.seal},
        reason=ticket.objects_reason,
    )


def _forbidden(ticket: Ticket, sentence: str) -> Forbidden:
    return Forbidden(sentence, refusal=_refusal(ticket))


def _refusal(ticket: Ticket) -> Refusal:
    action = "ticket.approved" if ticket.state is TicketState.CONFIRMED else "ticket.confirmed"
    return Refusal(action, ticket.plan.target, {"ticket": ticket.number, "seal": ticket.seal})
