"""Note a change in the transaction that makes it; of staff, with an event for the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from portal.core.clock import now
from portal.core.storage.database import JsonDict, db
from portal.directory.history.models import Change, ChangedBy, Subject
from portal.directory.users.models import SiteEvent

STAFF = "staff"
"""The kind of the event of a change by staff."""


@dataclass(frozen=True)
class By:
    """Who changes something: `number` of an account in the control room, or of a person."""

    kind: ChangedBy
    number: int | None
    name: str


WORKER = By(ChangedBy.WORKER, None, "Talkback")


@dataclass(frozen=True)
class Made:
    """A change as it is noted. `action` is a name of the audit log, such as “studio.hidden”."""

    action: str
    subject: Subject
    number: int | str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    studio_number: int | None = None
    user_id: int | None = None
    reason: str | None = None
    batch_id: str | None = None
    at: datetime | None = None


def note_change(made: Made, *, by: By) -> Change:
    """Within `changing_directory`. Only fields that differ are kept."""
    differ = [
        name
        for name in {**made.before, **made.after}
        if made.before.get(name) != made.after.get(name)
    ]
    row = Change(
        id=str(uuid4()),
        batch_id=made.batch_id,
        subject=made.subject,
        number=str(made.number),
        studio_number=made.studio_number,
        user_id=made.user_id,
        action=made.action,
        by=by.kind,
        by_number=by.number,
        by_name=by.name,
        at=made.at or now(),
        before={name: plain(made.before.get(name)) for name in differ},
        after={name: plain(made.after.get(name)) for name in differ},
        reason=made.reason,
    )
    db.session.add(row)
    if by.kind is ChangedBy.STAFF:
        note_staff_event(made.action, made.subject, made.number, by=by, change=row)
    return row


def note_staff_event(
    action: str, subject: Subject, number: int | str, *, by: By, change: Change | None = None
) -> SiteEvent:
    """For the audit log: which action of which account on what, without anybody's data. The names
    of changed fields, not their values. The event of a change has the change's id."""
    details: JsonDict = {
        "action": action,
        "account": by.number,
        "subject": subject.value,
        "number": str(number),
        "fields": sorted(change.after) if change else [],
        "batch": change.batch_id if change else None,
    }
    row = SiteEvent(
        id=change.id if change else str(uuid4()), kind=STAFF, user_id=None, details=details
    )
    db.session.add(row)
    return row


def plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset | list):
        return [plain(each) for each in (sorted(value) if isinstance(value, set) else value)]
    return value
