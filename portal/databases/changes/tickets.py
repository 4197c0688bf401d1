"""Tickets: the permission to carry out one plan, once. `ticket_requirements` says who may what."""

from datetime import datetime

from sqlalchemy import func, select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, FreshLoginNeeded, NotFound
from portal.core.storage.database import db, update_one
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.changes.ticket_requirements import (
    objects_of,
    require_approvable,
    require_confirmable,
    require_explainable,
    require_explained,
    require_state,
)
from portal.jobs.leases.clocks import require_past


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
    require_explainable(ticket, reason, by=by)
    ticket.objects_reason = reason.strip()
    ticket.objects_reason_by_id, ticket.objects_reason_by = by.id, by.name
    ticket.objects_reason_at = now()
    record(
        "ticket.objects-explained",
        ticket.number,
        by=by,
        target=ticket.plan.target,
        details={"seal": ticket.seal, "objects": objects_of(ticket)},
        reason=ticket.objects_reason,
    )


def confirm(ticket: Ticket, text: str, *, by: Actor) -> None:
    """The first confirmation: the exact phrase.

    Raises Forbidden for everyone but staff, Conflict if the ticket has moved on, Refused if the
    text is not the phrase.
    """
    require_confirmable(ticket, text, by=by)
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
    require_approvable(ticket, text, by=by)
    require_past("your login was", logged_in_at)
    if ticket.confirmed_at is None or logged_in_at <= ticket.confirmed_at:
        raise FreshLoginNeeded("The second confirmation needs a login after the first one.")
    _move(
        ticket,
        was=TicketState.CONFIRMED,
        to=TicketState.APPROVED,
        approved_by_id=by.id,
        approved_by=by.name,
        approved_at=now(),
    )
    _record(ticket, "ticket.approved", by)


def require_approved(ticket: Ticket) -> None:
    """Raises Conflict unless both confirmations were given, for this plan hash, and still count."""
    require_state(ticket, TicketState.APPROVED)
    require_explained(ticket)


def mark_used(ticket: Ticket, *, outcome: dict[str, object] | None = None) -> None:
    """The change was committed: plan and ticket can't be used again."""
    ticket.state = TicketState.USED
    ticket.used_at = ticket.plan.used_at = now()
    ticket.outcome = outcome


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
