"""Take one studio's change of a batch back, where what it changed is as it left it."""

from collections.abc import Sequence
from datetime import UTC

from sqlalchemy import select

from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.directory.batches.acts import DELETED, HIDDEN_BY_OWNER, LEAVING, Case, delete, lacking
from portal.directory.batches.fields import differing, put_back
from portal.directory.claims.handover import ACTION as HANDED_OVER
from portal.directory.claims.handover import hand_back
from portal.directory.claims.models import Origin
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.history.models import Change
from portal.directory.history.recording import By
from portal.directory.models import StudioStatus

WORDS = {
    "status": "state",
    "is_profile_visible": "visibility",
    "is_verified": "verification",
    "verification_level": "verification",
    "is_featured": "place among the featured",
    "published_at": "day of publication",
    "hidden_by_owner_at": "hiding by its owner",
    "hidden_by_staff_at": "hiding by staff",
    "deleted_at": "deletion",
    "because": "reason for its owner",
}
IMPORTED = "studio.imported"
DERIVED = frozenset({"published_at"})
"""Fields that say when something was first done: they follow, and stop no way back."""


def give_studio_back(change: Change, *, by: By, batch_id: str) -> None:
    """A studio that was handed over, and no other. Raises Conflict."""
    hand_back(change, by=by, batch_id=batch_id)


def is_hand_over(change: Change) -> bool:
    return change.action == HANDED_OVER


def take_back(case: Case, change: Change) -> None:
    """Raises Conflict where staff have deleted it or changed it since, where its owner has hidden
    it or is leaving, or the studio lacks what a published one needs."""
    if case.own.is_deleted and "deleted_at" not in change.after:
        raise Conflict(DELETED)
    since = [each for each in differing(case.own, change.after) if each not in DERIVED]
    if since:
        raise Conflict(_what_changed(change, since))
    if change.action == IMPORTED:
        _require_unclaimed(case)
    if change.action == IMPORTED and _made_the_studio(change):
        delete(case)
        return
    before = change.before
    would_be_shown = before.get("status") == StudioStatus.ACTIVE and not case.own.studio.is_listed
    if would_be_shown and case.own.details.hidden_at:
        raise Conflict(HIDDEN_BY_OWNER)
    if would_be_shown and case.own.is_leaving:
        raise Conflict(LEAVING)
    if would_be_shown and (lacks := lacking(case.own)):
        raise Conflict(f"It lacks {lacks} by now, so it was not shown again.")
    put_back(case.own, before)


def _made_the_studio(change: Change) -> bool:
    """Each studio has a name, if only an empty one: without one before, there was no studio."""
    return "name" in change.after and change.before.get("name") is None


def _require_unclaimed(case: Case) -> None:
    """The same file, imported again, changes it again."""
    if not is_placeholder(case.own.user):
        raise Conflict("It has an owner by now, so it stays as it is.")
    if origin := db.session.get(Origin, case.own.user.id):
        origin.fingerprint = ""


def _what_changed(change: Change, names: Sequence[str]) -> str:
    """“Its state was changed since, by Ana on 3 December 2026, 12:01 UTC. It stays as it is.”"""
    words = list(dict.fromkeys(WORDS.get(each, each.replace("_", " ")) for each in names))
    what = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    verb = "was" if len(words) == 1 else "were"
    return f"Its {what} {verb} changed since{_by_whom(change, names)}. It stays as it is."


def _by_whom(change: Change, names: Sequence[str]) -> str:
    query = select(Change).where(
        Change.studio_number == change.studio_number, Change.at >= change.at, Change.id != change.id
    )
    newest = query.order_by(Change.at.desc(), Change.id).limit(50)
    found = next((each for each in db.session.scalars(newest) if _is_about(each, names)), None)
    if found is None:
        return ""
    at = found.at.astimezone(UTC)
    return f", by {found.by_name} on {at.day} {at:%B %Y, %H:%M} UTC"


def _is_about(change: Change, names: Sequence[str]) -> bool:
    return any(name in change.after for name in names)
