"""Declaring that sessions of a role may stay during a change, with a reason; audited."""

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound, Refusal
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.policies.held import require_unheld
from portal.databases.policies.overrides import require_admin, required_reason
from portal.databases.sessions.models import KnownSession
from portal.databases.targets.config import Target
from portal.databases.targets.database_roles import site_url

DECLARED, ENDED = "session.declared-known", "session.known-ended"
LONGEST_ROLE = 63
"""Of PostgreSQL's names, in bytes."""


def known_sessions(target: Target) -> list[KnownSession]:
    """What is declared now; none where the engine lists no sessions."""
    if not engine_for(target.url).sees_sessions:
        return []
    return [each for each in _declared() if each.target == target.name]


@cached_until_commit()
def _declared() -> list[KnownSession]:
    query = select(KnownSession).where(KnownSession.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(KnownSession.role, KnownSession.id)))


def declare_known(target: Target, role: str, *, reason: str, by: Actor) -> KnownSession:
    """Let sessions of this role stay. Raises Forbidden, Invalid or Conflict."""
    require_admin(target, DECLARED, by=by)
    _require_declarable(target, role)
    reason = required_reason(reason)
    sentence = "No session is declared known while a change runs"
    require_unheld(target.name, DECLARED, sentence)
    if any(each.role == role for each in known_sessions(target)):
        raise Conflict(f"Sessions of {role} on {target.name} are declared known already.")
    declared = KnownSession(
        target=target.name, role=role, reason=reason, declared_by=by.name, declared_at=now()
    )
    db.session.add(declared)
    db.session.flush()
    details = {"role": role}
    record(
        "session.declared-known", role, by=by, target=target.name, details=details, reason=reason
    )
    return declared


def end_known(target: Target, role: str, *, by: Actor) -> None:
    """Sessions of the role stop a change again. Raises Forbidden or NotFound."""
    require_admin(target, ENDED, by=by)
    declared = [each for each in known_sessions(target) if each.role == role]
    for each in declared:
        _end(each, by=by)
    if not declared:
        raise NotFound(f"No session of {role} is declared known on {target.name}.")


def known_session(target: Target, number: int) -> KnownSession:
    """Raises NotFound."""
    for each in known_sessions(target):
        if each.id == number:
            return each
    raise NotFound("This declaration has been ended, or there never was one.")


def end_all_known(target: Target, *, because: str, by: Actor) -> None:
    """They were about another database. The caller commits."""
    query = select(KnownSession).where(KnownSession.ended_at.is_(None))
    for each in db.session.scalars(query.where(KnownSession.target == target.name)):
        _end(each, by=by, because=because)


def _end(declared: KnownSession, *, by: Actor, because: str | None = None) -> None:
    declared.ended_at, declared.ended_by, declared.ended_because = now(), by.name, because
    details = {"role": declared.role}
    target = declared.target
    role = declared.role
    record("session.known-ended", role, by=by, target=target, details=details, reason=because)


def _require_declarable(target: Target, role: str) -> None:
    """Neither role of the product itself: its sessions are known by their processes alone."""
    if not role.strip() or len(role.encode("utf-8", "surrogatepass")) > LONGEST_ROLE:
        raise Invalid("Name the role as the server does, such as: monitor", field="role")
    if not engine_for(target.url).sees_sessions:
        raise Conflict(
            f"{target.name.capitalize()} is a file, which lists no sessions: none stops a change."
        )
    own = {target.url.username, site_url(target).username}
    if None in own:
        raise Conflict(
            f"The address of {target.name} names no user, so it can't be seen whether {role} is the"
            " role of this product's own processes.",
            remedy="Name the users in the addresses, and restart.",
            field="role",
        )
    if role in own:
        raise Conflict(
            f"{role} is the role of this product's own processes, which are known by their leases;"
            " an unknown session of it is an old release, or a program with its password.",
            remedy="Give the monitor a role of its own.",
            refusal=Refusal(DECLARED, target.name, {"role": role}),
            field="role",
        )
    if role not in engine_for(target.url).roles_that_only_read([role]):
        raise Conflict(
            f"{role} may write to {target.name}, or there is no such role: what it writes during a"
            " change could be lost.",
            remedy="Give the monitor a role that may only read.",
            refusal=Refusal(DECLARED, target.name, {"role": role}),
            field="role",
        )
