"""Ask for an action on many studios, or for the way back: a row that the worker carries out."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import JsonDict, changing_directory, db
from portal.directory.batches.acts import ACTIONS, HAND_OVER, UNDO
from portal.directory.folding import one_line
from portal.directory.history.models import Batch, Change
from portal.directory.history.recording import By

MOST = 5000
LONGEST_REASON = 500
UNDO_FOR = timedelta(days=30)
NOTHING_CHOSEN = "Tick the studios first."
NO_REASON = "Say why: the owner reads it."
TOO_LATE = (
    f"It is more than {UNDO_FOR.days} days ago, so it can’t be taken back as a whole any more."
)
UNFINISHED = "It is still being carried out. Take it back when it has ended."


def request_batch(
    name: str,
    numbers: Sequence[int],
    *,
    by: By,
    reason: str | None = None,
    details: JsonDict | None = None,
) -> str:
    """The id of its row. Raises Invalid, and Unavailable while nothing can be written."""
    chosen = list(dict.fromkeys(numbers))
    _require_sensible(name, chosen, reason)
    row = _new(name, chosen, by, {**(details or {}), "reason": reason})
    batch_id = row.id
    with changing_directory():
        db.session.add(row)
    return batch_id


def _require_sensible(name: str, chosen: Sequence[int], reason: str | None) -> None:
    action = ACTIONS.get(name)
    if action is None and name != HAND_OVER:
        raise Invalid("There is no such action.", field="action")
    if not chosen:
        raise Invalid(NOTHING_CHOSEN)
    if len(chosen) > MOST:
        raise Invalid(f"At most {MOST:,} studios at once, please: you chose {len(chosen):,}.")
    if name == HAND_OVER and len(chosen) > 1:
        raise Invalid("Only one studio at a time can be handed over.")
    if (action is None or action.needs_reason) and not one_line(reason):
        raise Invalid(NO_REASON, field="reason")
    if len(reason or "") > LONGEST_REASON:
        raise Invalid(f"At most {LONGEST_REASON} characters, please.", field="reason")


def request_undo(batch_id: str, *, by: By) -> str:
    """The id of the batch that takes it back. Raises NotFound, and Conflict where that can't be
    asked for (any more)."""
    try:
        with changing_directory():
            batch = batch_with(batch_id)
            if why := why_no_undo(batch):
                raise Conflict(why)
            row = _new(UNDO, changed_numbers(batch.id), by, {"of": batch.action})
            row.undoes = batch.id
            undo_id = row.id
            db.session.add(row)
    except IntegrityError:
        raise Conflict(_already(batch_id)) from None
    return undo_id


def why_no_undo(batch: Batch) -> str | None:
    """One sentence; None where it can be taken back."""
    if batch.action == UNDO:
        return "This took an action back. To do that again, act on the studios once more."
    if batch.finished_at is None:
        return UNFINISHED
    if undo_of(batch.id):
        return _already(batch.id)
    if batch.created_at < now() - UNDO_FOR:
        return TOO_LATE
    if not changed_numbers(batch.id, limit=1):
        return "It changed nothing, so there is nothing to take back."
    return None


def batch_with(batch_id: str) -> Batch:
    found = db.session.get(Batch, batch_id, populate_existing=True)
    if found is None:
        raise NotFound("There is no such action.")
    return found


def undo_of(batch_id: str) -> Batch | None:
    return db.session.scalar(select(Batch).where(Batch.undoes == batch_id))


def changed_numbers(batch_id: str, limit: int | None = None) -> list[int]:
    """The studios that a batch changed."""
    query = select(Change.studio_number).where(
        Change.batch_id == batch_id, Change.studio_number.is_not(None)
    )
    found = db.session.scalars(query.order_by(Change.studio_number).limit(limit))
    return list(dict.fromkeys(each for each in found if each is not None))


def _already(batch_id: str) -> str:
    row = undo_of(batch_id)
    by = f" by {row.by_name}" if row else ""
    return f"It was taken back already{by}. Nothing was changed twice."


def _new(name: str, numbers: list[int], by: By, details: JsonDict) -> Batch:
    return Batch(
        id=str(uuid4()),
        action=name,
        details={**details, "count": len(numbers), "changed": 0, "refused": 0},
        numbers=numbers,
        refused={},
        by_number=by.number or 0,
        by_name=by.name,
        created_at=now(),
    )
