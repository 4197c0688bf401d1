"""What staff can do with a studio: each action changes it, or says in one sentence why it can't.

Called within `changing_directory`, with the studio's owner locked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.database import JsonDict
from portal.directory.batches.fields import FIELDS, FORMER
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.models import StudioStatus, VerificationLevel
from portal.directory.owners.own import Own
from portal.directory.owners.publishing import State, in_words, missing_of, state_of

LEAVING = "Its owner’s account is going to be deleted, so it stays out of sight."
DELETED = "It was deleted by staff. Bring it back first."
HIDDEN_BY_OWNER = "Its owner has hidden it, so only its owner can show it again."


@dataclass
class Case:
    """One studio of an action."""

    own: Own
    reason: str | None = None
    details: JsonDict = field(default_factory=dict)
    at: datetime = field(default_factory=now)

    def put(self, **values: Any) -> None:
        for name, value in values.items():
            FIELDS[name].write(self.own, value)

    @property
    def state(self) -> State:
        return state_of(self.own)


@dataclass(frozen=True)
class Action:
    """`verb` and `done`: “hide” and “hidden”. `recorded`: its name in the audit log. `asks`: it has
    a page to confirm; `needs_reason`: which the owner reads."""

    name: str
    verb: str
    done: str
    recorded: str
    act: Callable[[Case], None]
    needs_reason: bool = False
    asks: bool = False


def _require_kept(case: Case) -> None:
    if case.own.is_deleted:
        raise Conflict(DELETED)


def lacking(own: Own) -> str:
    """What it lacks to be published, in words. A placeholder's address needs no confirmation."""
    missing = [each for each in missing_of(own) if each.section or not is_placeholder(own.user)]
    return in_words(missing) if missing else ""


def publish(case: Case) -> None:
    _require_kept(case)
    own = case.own
    if own.is_leaving:
        raise Conflict(LEAVING)
    if case.state is State.PUBLISHED:
        raise Conflict("It is published already.")
    is_owners = own.details.hidden_at is not None and not is_placeholder(own.user)
    if own.is_hidden_by_staff and is_owners:
        case.put(hidden_by_staff_at=None, because=None)  # it stays hidden by its owner
        return
    if is_owners:
        raise Conflict(HIDDEN_BY_OWNER)
    if lacks := lacking(own):
        raise Conflict(f"It lacks {lacks}.")
    case.put(status=StudioStatus.ACTIVE, is_profile_visible=True)
    case.put(published_at=own.details.published_at or case.at, hidden_by_owner_at=None)
    if own.restriction:
        case.put(hidden_by_staff_at=None, because=None)


def hide(case: Case) -> None:
    """Its owner reads the reason, and can't show it again."""
    _require_kept(case)
    if case.own.is_hidden_by_staff:
        raise Conflict("Staff have hidden it already.")
    _keep_former(case)
    case.put(hidden_by_staff_at=case.at, because=case.reason, status=StudioStatus.INACTIVE)


def delete(case: Case) -> None:
    """Out of sight everywhere; the row and its reviews are kept."""
    if case.own.is_deleted:
        raise Conflict("It is deleted already.")
    _keep_former(case)
    case.put(deleted_at=case.at, because=case.reason)
    case.put(status=StudioStatus.INACTIVE, is_profile_visible=False)


def bring_back(case: Case) -> None:
    """A deleted one, as it was."""
    own = case.own
    if own.restriction is None or not own.is_deleted:
        raise Conflict("It is not deleted.")
    former = own.restriction.former
    status = StudioStatus(former.get("status", StudioStatus.INACTIVE))
    if status is StudioStatus.ACTIVE and own.is_leaving:
        raise Conflict(LEAVING)
    because = own.restriction.because if own.is_hidden_by_staff else None
    case.put(deleted_at=None, because=because, status=status)
    case.put(is_profile_visible=bool(former.get("is_profile_visible")))


def verify(case: Case) -> None:
    _require_kept(case)
    if case.own.studio.is_verified:
        raise Conflict("It is verified already.")
    level = case.own.studio.verification_level
    if level is VerificationLevel.NONE:
        level = VerificationLevel.BASIC
    case.put(is_verified=True, verification_level=level)


def withdraw_verification(case: Case) -> None:
    _require_kept(case)
    studio = case.own.studio
    if not studio.is_verified and studio.verification_level is VerificationLevel.NONE:
        raise Conflict("It is not verified.")
    case.put(is_verified=False, verification_level=VerificationLevel.NONE)


def feature(case: Case) -> None:
    _require_kept(case)
    if case.own.studio.is_featured:
        raise Conflict("It is featured already.")
    case.put(is_featured=True)


def end_featuring(case: Case) -> None:
    _require_kept(case)
    if not case.own.studio.is_featured:
        raise Conflict("It is not featured.")
    case.put(is_featured=False)


def _keep_former(case: Case) -> None:
    own = case.own
    former = {
        "status": own.studio.status.value,
        "is_profile_visible": own.studio.is_profile_visible,
        "was_listed": own.studio.is_listed or own.details.published_at is not None,
    }
    FORMER.write(own, former)


HAND_OVER, IMPORT, UNDO = "hand-over", "import", "undo"
"""A hand-over moves one studio (`claims.handover`); an import has an operation of its own."""
ACTIONS = {
    each.name: each
    for each in (
        Action("publish", "publish", "published", "studio.published", publish),
        Action("hide", "hide", "hidden", "studio.hidden", hide, needs_reason=True),
        Action("verify", "verify", "verified", "studio.verified", verify),
        Action(
            "unverify",
            "withdraw the verification of",
            "no longer verified",
            "studio.unverified",
            withdraw_verification,
        ),
        Action("feature", "feature", "featured", "studio.featured", feature),
        Action(
            "unfeature",
            "end the featuring of",
            "no longer featured",
            "studio.unfeatured",
            end_featuring,
        ),
        Action("return", "bring back", "brought back", "studio.returned", bring_back),
        Action(
            "delete", "delete", "deleted", "studio.deleted", delete, needs_reason=True, asks=True
        ),
    )
}
CARRIED_OUT = frozenset({*ACTIONS, HAND_OVER, UNDO})
"""The actions of batches that `directory.act` carries out."""
