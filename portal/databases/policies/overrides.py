"""Overrides: an admin skips a rule for one change, with a reason; audited.

An override counts for the first change that begins with it, whatever its outcome: the same ticket
may retry, and another one needs another override.
"""

from sqlalchemy import ColumnElement, select, update

from portal.accounts.models import Role
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from portal.core.storage.database import db, update_one
from portal.databases.changes.models import Ticket
from portal.databases.policies.models import Override, OverrideKind
from portal.databases.targets.config import Target

LONGEST_REASON = 500
CONSOLE = "console"


def give_override(
    kind: OverrideKind, target: Target, *, subject: str, reason: str, by: Actor
) -> Override:
    """Skip one rule: see `Override` for the subject. Raises Forbidden or Invalid."""
    require_admin(target, "override.given", by=by)
    given = Override(
        kind=kind,
        target=target.name,
        subject=subject,
        reason=required_reason(reason),
        given_by=by.name,
    )
    db.session.add(given)
    record(
        "override.given",
        subject,
        by=by,
        target=target.name,
        details={"kind": kind.value},
        reason=given.reason,
    )
    return given


def withdraw_override(target: Target, number: int, *, by: Actor) -> None:
    """The rule counts again. Raises NotFound, or Conflict if a change has used it, or it ended."""
    given = db.session.get(Override, number)
    if given is None or given.target != target.name:
        raise NotFound("There is no such override.")
    is_unused = Override.id == number, Override.used_by.is_(None)
    values = {"used_by": f"withdrawn by {by.name}", "used_at": now()}
    if not update_one(Override, *is_unused, values=values):
        db.session.refresh(given)
        raise Conflict(f"This override has ended already: {given.used_by}.")
    record(
        "override.withdrawn",
        given.subject,
        by=by,
        target=target.name,
        details={"kind": given.kind.value},
        reason=given.reason,
    )


def override_of(
    kind: OverrideKind, target: Target, subject: str, *, ticket: str | None = None
) -> Override | None:
    """An override that is unused, or used by this ticket; `ticket`: its number."""
    query = select(Override).where(
        Override.kind == kind,
        Override.target == target.name,
        Override.subject == subject,
        Override.used_by.is_(None) | (Override.used_by == ticket),
    )
    return db.session.scalar(query.order_by(Override.id.desc()).limit(1))


def unused_overrides(target: Target) -> list[Override]:
    query = select(Override).where(Override.target == target.name, Override.used_by.is_(None))
    return list(db.session.scalars(query.order_by(Override.id)))


def use_overrides(ticket: Ticket) -> None:
    """A change begins: its overrides can't be used by another. The caller commits first.

    This includes overrides that it did not need, and duplicates.
    """
    plan = ticket.plan
    revisions = [each["id"] for each in plan.revisions]
    soak = (Override.kind == OverrideKind.SOAK) & Override.subject.in_(revisions)
    window = (Override.kind == OverrideKind.WINDOW) & (Override.subject == plan.seal)
    _use(plan.target, soak | window, by=ticket.number)


def end_overrides(target: str, *, because: str) -> None:
    """Void the decisions about another state of the database. The caller commits."""
    _use(target, Override.kind.in_(list(OverrideKind)), by=because)


def _use(target: str, which: ColumnElement[bool], *, by: str) -> None:
    unused = Override.target == target, Override.used_by.is_(None)
    db.session.execute(update(Override).where(*unused, which).values(used_by=by, used_at=now()))


def require_admin(target: Target, action: str, *, by: Actor) -> None:
    """An admin, or a person who runs commands on the control room's machine. Raises Forbidden."""
    if by.role not in {Role.ADMIN, CONSOLE}:
        raise Forbidden("Only an admin may decide this.", refusal=Refusal(action, target.name))


def required_reason(reason: str) -> str:
    """Raises Invalid if it is empty or too long."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid(f"Say why, in up to {LONGEST_REASON} characters.")
    return reason.strip()
