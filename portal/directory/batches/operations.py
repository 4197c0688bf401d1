"""The operation in ops that carries a batch out: asked for by the page, or by the worker where the
page's process ended in between, or where an operation did not come to its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Account, Role
from portal.audit.actor import Actor, NamedActor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.batches.acts import UNDO
from portal.directory.history.drained import DrainedEvent
from portal.directory.history.models import Batch
from portal.jobs.models import Operation
from portal.jobs.operations.service import request_operation

ACT = "directory.act"
FIRST, LONGEST = timedelta(seconds=2), timedelta(hours=1)
"""How long the worker waits after an operation that did not end its batch; twice as long each
time."""


@dataclass(frozen=True)
class Asked:
    """What ops has to know of a batch, without a name."""

    id: str
    action: str
    count: int
    by_number: int
    database_uuid: str
    created_at: datetime

    @classmethod
    def of(cls, batch: Batch, database_uuid: str) -> "Asked":
        count = int(batch.details.get("count", 0))
        return cls(batch.id, batch.action, count, batch.by_number, database_uuid, batch.created_at)


def begin_operation(target_name: str, asked: Asked) -> None:
    """Once for each batch, unless its last operation has ended without its end. Commits."""
    operations = operations_of(asked.id)
    if not _is_wanted(operations):
        db.session.rollback()
        return
    by = _actor(asked.by_number)
    try:
        _record_once(target_name, asked, by)
    except IntegrityError:
        db.session.rollback()  # another process asks at the same moment
        return
    arguments, subject = {"batch": asked.id}, _subject(asked.id)
    request_operation(ACT, by=by, target=target_name, arguments=arguments, subject=subject)
    db.session.commit()


def operations_of(batch_id: str) -> Sequence[Operation]:
    """Newest first."""
    query = select(Operation).where(Operation.subject == _subject(batch_id))
    return db.session.scalars(query.order_by(Operation.id.desc())).all()


def _is_wanted(operations: Sequence[Operation]) -> bool:
    if not operations:
        return True
    newest = operations[0]
    if newest.finished_at is None:
        return newest.is_finished
    wait: timedelta = min(FIRST * 2 ** min(len(operations), 12), LONGEST)
    return bool(newest.finished_at + wait <= now())


def _record_once(target_name: str, asked: Asked, by: Actor) -> None:
    """In the audit log, when its first operation is asked for. Raises IntegrityError."""
    if db.session.get(DrainedEvent, asked.id) is not None:
        return
    row = DrainedEvent(uuid=asked.id, database_uuid=asked.database_uuid, at=asked.created_at)
    db.session.add(row)
    db.session.flush()
    details = {"batch": asked.id, "action": asked.action, "studios": asked.count}
    if asked.action == UNDO:
        record("batch.undone", by=by, target=target_name, details=details)
    else:
        record("batch.requested", by=by, target=target_name, details=details)


def _actor(number: int) -> Actor:
    account = db.session.get(Account, number)
    if account is not None:
        return account
    return NamedActor(name=f"account {number}", role=Role.ADMIN.value, id=number)


def _subject(batch_id: str) -> str:
    return f"batches/{batch_id}"
