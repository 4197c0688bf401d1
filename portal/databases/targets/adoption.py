"""Adoption: an admin declares what a database is, at a terminal, with a typed phrase.

The table "What may write" sends people here. What that table never allows is refused here too: a
copy does not become the original, and a production database does not become development. A copy of
development is a separate development database and gets a new identity.
"""

import hmac

from sqlalchemy import Connection

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.configuration.settings import Environment
from portal.core.errors import Conflict, Refusal, Refused
from portal.core.storage.database import JsonDict, db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_at, engine_for
from portal.databases.engines.base import Anchor, same_anchor
from portal.databases.engines.derived import forget_derived
from portal.databases.policies.overrides import end_overrides
from portal.databases.policies.target_leases import neighbours
from portal.databases.sessions.known import end_all_known
from portal.databases.targets.config import Target
from portal.databases.targets.control_rooms import sign, this_room
from portal.databases.targets.database_roles import grant_to_site
from portal.databases.targets.identity import IdentityState, Judgement, judge, uuid_at
from portal.databases.targets.identity_label import stamp
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import (
    control_room,
    is_demo,
    record_schema,
    register,
    registered_target,
)

NEVER = "What people wrote in production never becomes development as it is; nothing was changed."
CLEANED = "Take the copy away; production's rows, cleaned, come by: flask databases sync"
LONGEST_REASON = 500
BECOMES_REAL = (
    "This control room was set up as a demo. It then guards a real production database: its pages"
    " and processes need a SECRET_KEY of their own and https at once, and logins a second factor."
)


def phrase_for(target: Target, judgement: Judgement) -> str:
    """The exact phrase that has to be typed."""
    if judgement.is_anothers:
        verb = "TAKE OVER"
    else:
        verb = "RE-ANCHOR" if judgement.state is IdentityState.MOVED else "ADOPT"
    return f"{verb} {target.name.upper()}"


def what_stands(target: Target, judgement: Judgement, *, quickly: bool = False) -> list[str]:
    """What the person who adopts is shown first: what the database is, whose label it carries, and
    which processes of that control room are alive.
    """
    if not judgement.is_anothers:
        return [judgement.sentence]
    return [
        judgement.sentence,
        *neighbours(target, quickly=quickly).sentences,
        "Once it is taken over, that control room changes it no more. Its sites go on serving.",
        *([BECOMES_REAL] if target.is_production and is_demo() else []),
    ]


def require_adoptable(target: Target, judgement: Judgement) -> None:
    """Raises Refused or Conflict with the reason why it can't be adopted as the target."""
    if judgement.fits:
        raise Conflict(f"{judgement.sentence} There is nothing to adopt.")
    if reason := _why_not(target, judgement):
        raise _refused(target, f"{judgement.sentence} {reason}")


def adopt(target: Target, *, phrase: str, reason: str, by: Actor) -> RegisteredTarget:
    """Stamp the database at the target's address as the target, and register it here.

    Judged again under the writer's lock. Commits ops before the directory. Raises Refused.
    """
    engine = engine_for(target.url)
    if not engine.exists():
        require_adoptable(target, judge(target))
    with engine.changing(SchemaAccess.OWN_TABLES) as connection:
        judgement = judge(target, connection=connection)
        require_adoptable(target, judgement)
        require_phrase(target, judgement, phrase, reason)
        details = _of_another_room(target, judgement)
        row = _stamp_and_register(connection, target, judgement)
        _note(row, connection)
        if target.is_directory:
            forget_derived(connection)
        end_overrides(target.name, because=f"{target.name} was adopted.")
        end_all_known(target, because=f"{target.name} was adopted.", by=by)
        record(
            "target.adopted",
            by=by,
            target=target.name,
            details={"was": judgement.state.value, "database": row.database_uuid, **details},
            reason=reason,
        )
        db.session.commit()
    return row


def _of_another_room(target: Target, judgement: Judgement) -> JsonDict:
    """Details for the audit log: its control room, and which of its processes were alive.

    Raises Refused if the leases beside the database can't be read: its live processes must be
    known, or the failure reported.
    """
    found = neighbours(target)
    if found.is_broken:
        raise _refused(target, f"{found.fault} Nothing was changed.")
    if judgement.room is None:
        return {}
    room = judgement.room
    return {"room": room.uuid, "room_title": str(room), "processes": found.sentences}


def _why_not(target: Target, judgement: Judgement) -> str | None:
    """The first rule that forbids the adoption, as a sentence; None if no rule does."""
    state = judgement.state
    if state in {IdentityState.MISSING, IdentityState.UNREACHABLE, IdentityState.MISPLACED}:
        return judgement.remedy
    if state is IdentityState.COPY:
        return _why_not_a_copy(target, judgement)
    if state is IdentityState.UNLABELLED and control_room().is_demo:
        return "This control room is a demo, and takes in no database that it did not make."
    if _is_not_ours(judgement, target) and (reason := _why_not_a_stranger(target, judgement)):
        return reason
    if _other_answers(target):
        return "The one that is registered still answers at its address; nothing was changed."
    return None


def _why_not_a_stranger(target: Target, judgement: Judgement) -> str | None:
    if judgement.state is IdentityState.FORGED:
        return judgement.remedy
    if (label := judgement.label) and label.application != target.application:
        return f"It can be adopted only as one of {label.application}."
    if label and label.environment != target.environment.value:
        return f"It can be adopted only as {label.environment}."
    return None


def _why_not_a_copy(target: Target, judgement: Judgement) -> str | None:
    """Allows a copy of this development database in the same folder: it contains only what
    development contains.
    """
    known = judgement.registered
    if known and known.name == target.name and not target.is_production and _other_answers(target):
        return None
    if target.is_production or not (known and known.environment is Environment.PRODUCTION):
        return judgement.remedy
    return f"{NEVER} {CLEANED}" if target.is_directory else f"{NEVER} Take the copy away."


def _is_not_ours(judgement: Judgement, target: Target) -> bool:
    """Whether this is not the database registered under this target's name."""
    return judgement.registered is None or judgement.registered.name != target.name


def _other_answers(target: Target) -> bool:
    """Whether the database registered under this name still answers at another address."""
    known = registered_target(target.name)
    if known is None:
        return False
    here = engine_for(target.url)
    there = engine_at(known.anchor, like=here)
    return not there.same_place(here) and uuid_at(there) == known.database_uuid


def _stamp_and_register(
    connection: Connection, target: Target, judgement: Judgement
) -> RegisteredTarget:
    """Keep the identity of a database that has one, signed with this control room's key; a copy
    gets a new identity.
    """
    engine = engine_for(target.url)
    anchor = engine.anchor(connection)
    label = stamp(
        connection,
        application=target.application,
        environment=target.environment,
        key=control_room().identity_key,
        database_uuid=_kept_uuid(target, judgement, anchor),
    )
    sign(connection, label, this_room())
    engine.protect(connection)
    grant_to_site(target, connection)
    anchor = engine.cast_anchor(connection, label.database_uuid)
    is_anothers = judgement.is_anothers
    return register(target, label, anchor=anchor, address=engine.address, is_anothers=is_anothers)


def _kept_uuid(target: Target, judgement: Judgement, anchor: Anchor) -> str | None:
    """The label's uuid, unless the label was altered; then the registry's, if this is the
    registered file.

    None for a copy: the original keeps that uuid.
    """
    if judgement.state is IdentityState.COPY:
        return None
    if judgement.label and judgement.state is not IdentityState.FORGED:
        return judgement.label.database_uuid
    known = registered_target(target.name)
    return known.database_uuid if known and same_anchor(known.anchor, anchor) else None


def _note(row: RegisteredTarget, connection: Connection) -> None:
    record_schema(row.name, connection, engine_for(connection.engine.url))


def require_phrase(target: Target, judgement: Judgement, phrase: str, reason: str) -> None:
    """Raises Refused unless the phrase matches this state exactly and a reason is given."""
    expected = phrase_for(target, judgement)
    if not hmac.compare_digest(phrase.encode("utf-8", "surrogatepass"), expected.encode()):
        raise _refused(target, f"That is not exactly “{expected}”; nothing was changed.", "text")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise _refused(target, f"Say why, in up to {LONGEST_REASON} characters.", "reason")


def _refused(target: Target, sentence: str, field: str | None = None) -> Refused:
    return Refused(sentence, refusal=Refusal("target.adopted", target.name), field=field)
