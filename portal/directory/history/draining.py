"""Moves the events of staff's changes in a directory into the audit log, each once.

An entry and the event's id are committed together, before the event leaves the directory: when it
is found again, after a kill or in a restored database, its id is found in ops too.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Account, Role
from portal.audit.actor import SYSTEM, Actor, NamedActor
from portal.audit.service import append
from portal.core.storage.database import JsonDict, db
from portal.databases.targets.config import Target
from portal.directory.history.drained import ENDS_STUDIO, DrainedEvent
from portal.directory.history.recording import STAFF
from portal.directory.users.events import CREATED_AT, STUDIO

ACTION = re.compile(r"[a-z]+\.[a-z]+(?:-[a-z]+)*")
LONGEST = 80
OF_STAFF = frozenset({STAFF, *ENDS_STUDIO})


def record_staff_events(target: Target, database_uuid: str, rows: Sequence[RowMapping]) -> int:
    """How many were new. Commits. Another process that drains at the same time may be faster with
    some of them."""
    mine = sorted(
        (row for row in rows if row["kind"] in OF_STAFF), key=lambda row: (row["at"], row["id"])
    )
    if not mine:
        return 0
    try:
        return _add_new(target, database_uuid, mine)
    except IntegrityError:
        db.session.rollback()
        return _add_new(target, database_uuid, mine)


def _add_new(target: Target, database_uuid: str, rows: Iterable[RowMapping]) -> int:
    """The ids first: where another process has one, nothing of these is recorded here."""
    by_uuid = {row["id"]: row for row in rows}
    known = select(DrainedEvent.uuid).where(DrainedEvent.uuid.in_(by_uuid))
    for uuid in db.session.scalars(known).all():
        del by_uuid[uuid]
    db.session.add_all(_drained(database_uuid, row) for row in by_uuid.values())
    db.session.flush()
    entries = [row for row in by_uuid.values() if row["kind"] == STAFF]
    actors = _actors(entries)
    for row in entries:
        _append(target, row, actors)
    db.session.commit()
    return len(by_uuid)


def _drained(database_uuid: str, row: RowMapping) -> DrainedEvent:
    found = DrainedEvent(uuid=row["id"], database_uuid=database_uuid, at=row["at"])
    if row["kind"] in ENDS_STUDIO:
        details = _details(row)
        found.ending, found.user_id = row["kind"], row["user_id"]
        found.user_created_at = time_in(details.get(CREATED_AT))
        found.studio_number = _number(details.get(STUDIO))
    return found


def _append(target: Target, row: RowMapping, actors: dict[int, Account]) -> None:
    details = _details(row)
    action, number = details.get("action"), _number(details.get("account"))
    if not isinstance(action, str) or not ACTION.fullmatch(action):
        said = {"uuid": row["id"]}
        append(db.session, "event.unreadable", by=SYSTEM, target=target.name, details=said)
        return
    append(
        db.session,
        action,
        _subject(details),
        by=_actor(number, actors),
        target=target.name,
        details={
            "uuid": row["id"],
            "made_at": row["at"].isoformat(),
            "fields": _names(details.get("fields")),
            "batch": _short(details.get("batch")),
        },
    )


def _actors(rows: Iterable[RowMapping]) -> dict[int, Account]:
    numbers = {_number(_details(row).get("account")) for row in rows} - {None}
    found = db.session.scalars(select(Account).where(Account.id.in_(numbers)))
    return {each.id: each for each in found}


def _actor(number: int | None, actors: dict[int, Account]) -> Actor:
    """An account that was deleted has acted as an admin."""
    if number in actors:
        return actors[number]
    name = "an unknown account" if number is None else f"account {number}"
    return NamedActor(name=name, role=Role.ADMIN.value, id=number)


def _subject(details: JsonDict) -> str | None:
    """“studio 12”."""
    words = [_short(details.get(name)) for name in ("subject", "number")]
    return " ".join(each for each in words if each) or None


def _short(value: object) -> str | None:
    return str(value)[:LONGEST] if isinstance(value, str | int) and value != "" else None


def _names(value: object) -> list[str]:
    given = value if isinstance(value, list) else []
    return [each[:LONGEST] for each in given if isinstance(each, str)]


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _details(row: RowMapping) -> dict[str, Any]:
    return row["details"] if isinstance(row["details"], dict) else {}


def time_in(text: object) -> datetime | None:
    """None for what is no time with a zone: a restore then says whom it could not know."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None
