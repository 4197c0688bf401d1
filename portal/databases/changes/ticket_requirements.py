"""What each confirmation of a ticket requires, but for the login. Nothing is changed here.

Texts are compared here, character by character: no caller can relax this comparison.
"""

import hmac
from collections.abc import Collection

from sqlalchemy import select

from portal.accounts.models import STAFF, Account, Role
from portal.audit.actor import Actor
from portal.core.configuration.settings import ApprovalRule, settings
from portal.core.errors import Conflict, Forbidden, Invalid, Refusal, Refused
from portal.core.storage.database import db
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.changes.plan import require_open
from portal.databases.migrations.objects.plan import listed, needs_reason
from portal.databases.policies.overrides import LONGEST_REASON
from portal.databases.policies.second_person import others_among, why_not_somebody_else
from portal.jobs.leases.clocks import require_past
from portal.runbooks.models import Run

PHRASE = "MIGRATE PRODUCTION"


class NoReason(Invalid):
    """The text is not a reason, or is too long."""

    status = 422
    heading = "The reason is missing or too long"


def require_explainable(ticket: Ticket, reason: str, *, by: Actor) -> None:
    """Raises Forbidden, Conflict, or NoReason."""
    if by.role not in STAFF:
        raise _forbidden(ticket, "Only ops and admins may say why objects may go.")
    require_state(ticket, TicketState.OPEN)
    if not needs_reason(ticket.plan.objects):
        raise Conflict("Every object that goes or changes is named by an operation.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise NoReason(f"Say why it may go or change, in up to {LONGEST_REASON} characters.")


def require_confirmable(ticket: Ticket, text: str, *, by: Actor) -> None:
    """Raises Forbidden, Conflict, or Refused if the text is not the phrase."""
    if by.role not in STAFF:
        raise _forbidden(ticket, "Only ops and admins may confirm a change of production.")
    require_state(ticket, TicketState.OPEN)
    require_explained(ticket)
    _require_text(ticket, text, PHRASE)


def require_approvable(ticket: Ticket, text: str, *, by: Actor) -> None:
    """Raises Forbidden, Conflict, or Refused if the text is not the target's name."""
    if by.role != Role.ADMIN:
        raise _forbidden(ticket, "Only an admin may give the second confirmation.")
    require_state(ticket, TicketState.CONFIRMED)
    require_explained(ticket)
    if sentence := _why_not_other_person(ticket, by):
        raise _forbidden(ticket, sentence)
    _require_text(ticket, text, ticket.plan.target)


def why_not_second(ticket: Ticket, by: Actor) -> str | None:
    """Why this person may not give the second confirmation, or None."""
    if by.role != Role.ADMIN:
        return "An admin gives the second confirmation."
    return _why_not_other_person(ticket, by)


def needs_another_person(ticket: Ticket) -> bool:
    """Whether those who confirmed can't give the second confirmation themselves."""
    if settings().production_approval is ApprovalRule.SECOND_PERSON:
        return True
    first = db.session.get(Account, ticket.confirmed_by_id) if ticket.confirmed_by_id else None
    return first is None or not first.is_admin


def approvers(ticket: Ticket) -> list[Account]:
    """The accounts that may give the second confirmation, by name."""
    query = select(Account).where(Account.role == Role.ADMIN, Account.disabled_at.is_(None))
    admins = db.session.scalars(query.order_by(Account.name, Account.id)).all()
    if settings().production_approval is not ApprovalRule.SECOND_PERSON:
        return list(admins)
    return others_among(ticket, admins)


def require_explained(ticket: Ticket) -> None:
    """Raises Refused until a reason is given why objects may be lost that no operation names."""
    if needs_reason(ticket.plan.objects) and not (ticket.objects_reason or "").strip():
        raise Refused(
            f"Ticket {ticket.number} needs a reason first: {objects_of(ticket)}",
            remedy="Say why that may go, or prepare the change again."
            if ticket.plan.objects
            else "Prepare the change again: then they are compared.",
            refusal=_refusal(ticket),
        )


def objects_of(ticket: Ticket) -> str:
    return " ".join(listed(ticket.plan.objects)) or "They were not compared."


def require_state(ticket: Ticket, state: TicketState) -> None:
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
            field="phrase",
        )


def _why_not_other_person(ticket: Ticket, by: Actor) -> str | None:
    if settings().production_approval is not ApprovalRule.SECOND_PERSON:
        return None
    return why_not_somebody_else(ticket, by)


def _forbidden(ticket: Ticket, sentence: str) -> Forbidden:
    return Forbidden(sentence, refusal=_refusal(ticket))


def _refusal(ticket: Ticket) -> Refusal:
    action = "ticket.approved" if ticket.state is TicketState.CONFIRMED else "ticket.confirmed"
    return Refusal(action, ticket.plan.target, {"ticket": ticket.number, "seal": ticket.seal})
