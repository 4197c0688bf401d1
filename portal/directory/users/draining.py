"""Moves `site_events` of a directory into ops, where what was ended outlives a restore, and what
staff changed is in the audit log (`portal.directory.history.draining`).

An event is in ops, committed, before its row is deleted: a process that dies in between leaves a
row that is found again, and its id is unique in ops.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, or_, select
from sqlalchemy.exc import IntegrityError

from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.sharing import has_table
from portal.databases.public_version.version import note_unseen
from portal.databases.targets.config import Target
from portal.databases.targets.identity import require_fit
from portal.directory.history.draining import record_staff_events, time_in
from portal.directory.unattended.permission import is_writable, why_not_now
from portal.directory.unattended.waiting import events
from portal.directory.users.ended import EndedKind, EndedOnSite
from portal.directory.users.events import CREATED_AT
from portal.directory.users.unblocking import forget_ended_blocks
from portal.jobs.operations.recovery import read_and_release

AT_ONCE = 500
ENDINGS = frozenset(EndedKind)


def drain_events(target: Target) -> int:
    """Record what was ended and what staff changed, then delete the rows that are recorded. How
    many of both were new.

    For a restore, before it replaces the database: when this returns, all that was committed there
    is in ops. The rows are left where nothing may be written (maintenance, a change, a restore):
    they are found again and recorded once. Commits. Raises Refused for a database that is not the
    registered one, and the database's own error if it can't be read.
    """
    db.session.commit()
    count, done = 0, list[str]()
    for database_uuid, rows in _waiting(target):
        count += _record(database_uuid, rows)
        count += record_staff_events(target, database_uuid, rows)
        forget_ended_blocks(database_uuid, rows)
        done += [row["id"] for row in rows]
    if done and _may_delete(target):
        _delete(target, done)
    return count


def _waiting(target: Target) -> Iterator[tuple[str, Sequence[RowMapping]]]:
    """All events in the order of their time, with the identity of their database; no lock is held
    in between."""
    last: RowMapping | None = None
    while True:
        database_uuid, rows = _read(target, after=last)
        if not rows:
            return
        yield database_uuid, rows
        last = rows[-1]


def _read(target: Target, *, after: RowMapping | None) -> tuple[str, Sequence[RowMapping]]:
    with read_and_release(), engine_for(target.url).reading() as connection:
        judgement = require_fit(target, connection)
        database_uuid = judgement.label.database_uuid if judgement.label else ""
        return database_uuid, _some(connection, after=after)


def _may_delete(target: Target) -> bool:
    with read_and_release():
        return why_not_now(target) is None


def _some(connection: Connection, *, after: RowMapping | None) -> Sequence[RowMapping]:
    if not has_table(connection, events.name):
        return []
    query = select(events).order_by(events.c.at, events.c.id).limit(AT_ONCE)
    if after is not None:
        is_next = and_(events.c.at == after["at"], events.c.id > after["id"])
        query = query.where(or_(events.c.at > after["at"], is_next))
    return connection.execute(query).mappings().all()


def _record(database_uuid: str, rows: Sequence[RowMapping]) -> int:
    """Commits. Another process that drains at the same time may be faster with some of them."""
    endings = [_ending(database_uuid, row) for row in rows if _is_ending(row)]
    try:
        return _add_new(endings)
    except IntegrityError:
        db.session.rollback()
        return _add_new(endings)


def _is_ending(row: RowMapping) -> bool:
    """Of a person. Others only leave: nothing of them has to be done again after a restore."""
    return row["kind"] in ENDINGS and row["user_id"] is not None


def _ending(database_uuid: str, row: RowMapping) -> dict[str, Any]:
    details = row["details"] if isinstance(row["details"], dict) else {}
    return {
        "uuid": row["id"],
        "database_uuid": database_uuid,
        "kind": EndedKind(row["kind"]),
        "user_id": row["user_id"],
        "user_created_at": time_in(details.get(CREATED_AT)),
        "password_hash": details.get("password_hash"),
        "at": row["at"],
    }


def _add_new(endings: Iterable[dict[str, Any]]) -> int:
    by_uuid = {each["uuid"]: each for each in endings}
    known = db.session.scalars(select(EndedOnSite.uuid).where(EndedOnSite.uuid.in_(by_uuid)))
    for uuid in known.all():
        del by_uuid[uuid]
    db.session.add_all(EndedOnSite(**each) for each in by_uuid.values())
    db.session.commit()
    return len(by_uuid)


def _delete(target: Target, ids: Sequence[str]) -> None:
    """Those that were recorded, and no others. Under the directory's lock maintenance is asked
    again; what can't be deleted now is found again."""
    with engine_for(target.url).changing() as connection:
        if not is_writable(connection):
            return
        for begin in range(0, len(ids), AT_ONCE):
            some = ids[begin : begin + AT_ONCE]
            connection.execute(delete(events).where(events.c.id.in_(some)))
        note_unseen(connection)
