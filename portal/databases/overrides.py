"""Overrides: an admin goes ahead all the same, with a reason, for one change; on the record."""

from sqlalchemy import select

from portal.accounts.models import Role
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.database import db
from portal.core.errors import Forbidden, Invalid, Refusal
from portal.databases.models import Override, OverrideKind
from portal.databases.targets import Target

LONGEST_REASON = 500
CONSOLE = "console"


def give_override(
    kind: OverrideKind, target: Target, *, subject: str, reason: str, by: Actor
) -> Override:
    """Let one thing wait no longer: see `Override` for its subject. Raises Forbidden or Invalid."""
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


def override_of(kind: OverrideKind, target: Target, subject: str) -> Override | None:
    query = select(Override).where(
        Override.kind == kind, Override.target == target.name, Override.subject == subject
    )
    return db.session.scalar(query.order_by(Override.id.desc()).limit(1))


def require_admin(target: Target, action: str, *, by: Actor) -> None:
    """An admin, or whoever may run commands on the control room's machine. Raises Forbidden."""
    if by.role not in {Role.ADMIN, CONSOLE}:
        raise Forbidden("Only an admin may decide this.", refusal=Refusal(action, target.name))


def required_reason(reason: str) -> str:
    """Raises Invalid when there is none, or no end of it."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid(f"Say why, in up to {LONGEST_REASON} characters.")
    return reason.strip()
