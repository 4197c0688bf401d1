"""What happened to accounts, noted in the transaction that did it; the worker drains it."""

from uuid import uuid4

from portal.core.storage.database import JsonDict, db
from portal.directory.users.models import SiteEvent


def note_event(kind: str, user_id: int | None, details: JsonDict | None = None) -> SiteEvent:
    """Within `changing_directory`. Kinds that must outlive a restore are those of `EndedKind`; a
    changed password has its new hash as `password_hash` in `details`."""
    row = SiteEvent(id=str(uuid4()), kind=kind, user_id=user_id, details=details or {})
    db.session.add(row)
    return row
