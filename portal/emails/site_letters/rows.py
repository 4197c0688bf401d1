"""Rows of deliveries that nothing waits for any more: ended, or forgotten after a long time."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from portal.core.storage.database import db
from portal.databases.targets.config import target_named, targets
from portal.databases.targets.registry import registered_database
from portal.directory.unattended.waiting import letters_there
from portal.directory.users.ended import LetterSending
from portal.emails.site_letters.sendings import GONE, end_unsent
from portal.jobs.operations.recovery import read_and_release

KEPT = timedelta(days=400)
"""After the end: a backup that is restored may hold the email again."""
SETTLES = timedelta(minutes=5)
LONGEST = timedelta(days=30)
"""No email waits for longer."""


def end_orphans(at: datetime) -> int:
    """End those whose email was deleted before it was sent, with its account or its message, and
    those whose directory is not known any more. How many; commits."""
    waiting = _waiting(at - SETTLES)
    ended = 0
    for database_uuid, rows in waiting.items():
        there = _there(database_uuid, list(rows))
        for uuid, queued_at in rows.items():
            is_gone = there is not None and uuid not in there
            if is_gone or queued_at < at - LONGEST:
                end_unsent(uuid, GONE)
                ended += 1
    return ended


def forget_old(at: datetime) -> None:
    """Commits."""
    is_old = LetterSending.finished_at < at - KEPT
    with read_and_release():
        if db.session.scalar(select(LetterSending.uuid).where(is_old).limit(1)) is None:
            return
    db.session.execute(delete(LetterSending).where(is_old))
    db.session.commit()


def _waiting(before: datetime) -> dict[str, dict[str, datetime]]:
    """When each was queued, by the identity of its database."""
    query = select(LetterSending.database_uuid, LetterSending.uuid, LetterSending.queued_at)
    query = query.where(
        LetterSending.finished_at.is_(None),
        LetterSending.next_attempt_at.isnot(None),
        LetterSending.queued_at < before,
    )
    found = defaultdict[str, dict[str, datetime]](dict)
    with read_and_release():
        for database_uuid, uuid, queued_at in db.session.execute(query):
            found[database_uuid][uuid] = queued_at
    return found


def _there(database_uuid: str, uuids: list[str]) -> set[str] | None:
    """None if that can’t be read."""
    with read_and_release():
        known = registered_database(database_uuid)
        name = known.name if known else None
    is_configured = name in {each.name for each in targets()}
    return letters_there(target_named(name), uuids) if name and is_configured else None
