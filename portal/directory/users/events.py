"""What happened to accounts, noted in the transaction that did it; the worker drains it."""

from uuid import uuid4

from portal.core.storage.database import JsonDict, db
from portal.directory.models import User
from portal.directory.users.models import SiteEvent

CREATED_AT = "user_created_at"
"""In `details`: which person it is, since a restored database may give a number again."""
STUDIO = "studio"
"""In `details`: the number of a studio."""


def note_event(kind: str, user_id: int | None, details: JsonDict | None = None) -> SiteEvent:
    """Within `changing_directory`, before the user is deleted. Kinds that must outlive a restore
    are those of `EndedKind`, and those of `history.drained`; a changed password has its new hash as
    `password_hash` in `details`."""
    user = db.session.get(User, user_id) if user_id is not None else None
    whose = {CREATED_AT: user.created_at.isoformat()} if user else {}
    row = SiteEvent(
        id=str(uuid4()), kind=kind, user_id=user_id, details={**(details or {}), **whose}
    )
    db.session.add(row)
    return row
