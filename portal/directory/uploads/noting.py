"""Changes of pictures in the studio's history."""

from collections.abc import Mapping
from typing import Any

from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.history.models import ChangedBy, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import StudioImage, User
from portal.directory.users.prepared import is_moderation_prepared

ADDED, REMOVED = "picture.added", "picture.removed"
DESCRIBED, ORDERED = "picture.described", "pictures.ordered"
LONGEST_NAME = 120


def note_picture(
    user_id: int,
    image: StudioImage,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Within `changing_directory`, by the owner; nothing before there are tables for it."""
    if not is_moderation_prepared():
        return
    user = db.session.get_one(User, user_id)
    made = Made(
        action,
        Subject.PICTURE,
        image.id,
        before=before,
        after=after,
        studio_number=image.studio_id,
        user_id=user_id,
    )
    name = one_line(user.display_name)[:LONGEST_NAME] or user.username
    note_change(made, by=By(ChangedBy.PERSON, user_id, name))
