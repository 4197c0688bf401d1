"""What a save of an owner, or of staff, leaves in the studio's history."""

from collections.abc import Mapping
from typing import Any

from portal.directory.folding import one_line
from portal.directory.history.models import ChangedBy, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.owners.own import Own
from portal.directory.users.prepared import is_moderation_prepared

CHANGED = "studio.changed"
PUBLISHED, HIDDEN, SHOWN = "studio.published", "studio.hidden", "studio.shown"
LONGEST_NAME = 120


def standing_of(own: Own) -> dict[str, Any]:
    """Whether visitors see it, by the names that staff's actions use."""
    return {
        "status": own.studio.status,
        "is_profile_visible": own.studio.is_profile_visible,
        "published_at": own.details.published_at,
        "hidden_by_owner_at": own.details.hidden_at,
    }


def note(
    own: Own,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by: By | None = None,
    reason: str | None = None,
) -> None:
    """Within `changing_directory`, after the change was flushed; by the owner unless `by` is given.
    Where nothing differs, or before there are tables for the history, nothing is noted."""
    if before == after or not is_moderation_prepared():
        return
    made = Made(
        action,
        Subject.STUDIO,
        own.studio.id,
        before=before,
        after=after,
        studio_number=own.studio.id,
        user_id=own.user.id,
        reason=reason or None,
    )
    note_change(made, by=by or owner_of(own))


def owner_of(own: Own) -> By:
    name = one_line(own.user.display_name)[:LONGEST_NAME] or own.user.username
    return By(ChangedBy.PERSON, own.user.id, name)
