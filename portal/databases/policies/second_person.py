"""Who counts as another person, under `second-person`: neither a participant nor dependent on one.

An account that a participant created, promoted or gave a password to is, for that time, under the
participant's control. The audit log is queried: such a change and its entry are one transaction.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.accounts.models import Account
from portal.accounts.service import BY_SETUP
from portal.audit.actor import Actor
from portal.audit.models import AuditEntry, Outcome
from portal.core.storage.database import db
from portal.databases.changes.models import Ticket
from portal.databases.targets.registry import known_control_room
from portal.runbooks.models import Run, RunEvent

BEFORE = timedelta(days=7)
GIVES_NOTHING = {"account.disabled", "session.ended", "login.failed"}
"""What one may do to another's account without being able to use it afterwards."""
PASSED_ON = {"stage.confirmed"}
"""Events of a run that do not make a participant: attempts to give the second confirmation."""
WORDS = {
    "account.created": "was made",
    "account.role-changed": "was given its role",
    "account.enabled": "was enabled again",
    "password.reset": "was given a new password",
}
CONSOLE = None
"""The id of a person who runs commands on the machine: it may be any of the participants."""


@dataclass(frozen=True)
class AccountAction:
    """An action of one person on another's account."""

    account: int
    by: int | None
    action: str
    at: datetime


def participants(ticket: Ticket) -> set[int]:
    """Those who prepared, planned, explained or confirmed the change, and who led its run."""
    found = {ticket.prepared_by_id, ticket.confirmed_by_id, ticket.plan.sealed_by_id}
    found.add(ticket.objects_reason_by_id)
    if ticket.run:
        events = select(RunEvent.who_id).join(Run).where(Run.uuid == ticket.run)
        found |= set(db.session.scalars(events.where(RunEvent.action.not_in(PASSED_ON))))
        for column in (Ticket.confirmed_by_id, Ticket.objects_reason_by_id):
            found |= set(db.session.scalars(select(column).where(Ticket.run == ticket.run)))
    return {each for each in found if each is not None}


def why_not_somebody_else(ticket: Ticket, by: Actor) -> str | None:
    """Why this person is no second person for this change, in one sentence; otherwise None."""
    account = db.session.get(Account, by.id) if by.id is not None else None
    return _why_not(ticket, by, account, participants(ticket), None)


def others_among(ticket: Ticket, accounts: Sequence[Account]) -> list[Account]:
    """Those who are a second person for this change."""
    took_part, touches = participants(ticket), list(_touches(ticket.plan.sealed_at - BEFORE))
    return [each for each in accounts if not _why_not(ticket, each, each, took_part, touches)]


def _why_not(
    ticket: Ticket,
    by: Actor,
    account: Account | None,
    took_part: set[int],
    touches: list[AccountAction] | None,
) -> str | None:
    """`touches` are read from the audit log if they are not given."""
    if by.id in took_part:
        return "A person who prepared, drove or confirmed this change may not approve it."
    if account is None:
        return "Only an account of this control room may approve a change."
    since = ticket.plan.sealed_at - BEFORE
    touches = list(_touches(since)) if touches is None else touches
    reached = _reachable_from({*took_part, CONSOLE}, touches)
    grave = [each for each in touches if each.account == account.id and each.by in reached]
    if grave:
        return _reason(account, max(grave, key=lambda each: each.at), took_part)
    return _without_origin(account, since, touches)


def _touches(since: datetime) -> Iterator[AccountAction]:
    """The touches in the audit log; actions that are unknown here count as well."""
    room = known_control_room()
    is_demo = room is not None and room.is_demo
    query = select(AuditEntry).where(
        AuditEntry.at >= since,
        AuditEntry.outcome == Outcome.DONE,
        AuditEntry.target.like("accounts/%"),
        AuditEntry.action.not_in(GIVES_NOTHING),
    )
    for entry in db.session.scalars(query.order_by(AuditEntry.seq)):
        account = (entry.target or "").removeprefix("accounts/")
        is_setup = is_demo and BY_SETUP in (json.loads(entry.canonical).get("details") or {})
        if account.isdecimal() and int(account) != entry.actor_id and not is_setup:
            yield AccountAction(int(account), entry.actor_id, entry.action, entry.at)


def _reachable_from(people: set[int | None], touches: list[AccountAction]) -> set[int | None]:
    """These people, the accounts that they touched, those that these touched, and so on."""
    reached = set(people)
    while more := {each.account for each in touches if each.by in reached} - reached:
        reached |= more
    return reached


def _reason(account: Account, touch: AccountAction, took_part: set[int]) -> str:
    what = WORDS.get(touch.action, f"was changed ({touch.action})")
    return (
        f"The account of {account.name} {what} by {_named(touch, took_part)} on"
        f" {touch.at:%Y-%m-%d %H:%M} UTC, less than {BEFORE.days} days before this plan was locked"
        f" or since. It may approve plans that are locked after"
        f" {touch.at + BEFORE:%Y-%m-%d %H:%M} UTC."
    )


def _named(touch: AccountAction, took_part: set[int]) -> str:
    if touch.by is CONSOLE:
        return "a command on the control room's machine, which anybody may have run"
    name = known.name if (known := db.session.get(Account, touch.by)) else "somebody"
    return (
        f"{name}, who took part"
        if touch.by in took_part
        else (f"{name}, whose own account somebody who took part may use")
    )


def _without_origin(account: Account, since: datetime, touches: list[AccountAction]) -> str | None:
    """Why an account younger than that counts: the audit log has no entry of its creation."""
    if account.created_at < since:
        return None
    made = {each.account for each in touches if each.action == "account.created"}
    if account.id in made or _is_of_setup(account):
        return None
    return (
        f"It is unknown who created the account of {account.name} on"
        f" {account.created_at:%Y-%m-%d %H:%M} UTC. It may approve plans that are locked after"
        f" {account.created_at + BEFORE:%Y-%m-%d %H:%M} UTC."
    )


def _is_of_setup(account: Account) -> bool:
    room = known_control_room()
    query = select(AuditEntry.canonical).where(
        AuditEntry.target == f"accounts/{account.id}", AuditEntry.action == "account.created"
    )
    made = [json.loads(each).get("details") or {} for each in db.session.scalars(query)]
    return room is not None and room.is_demo and any(BY_SETUP in each for each in made)
