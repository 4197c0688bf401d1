"""Carry a batch out, in transactions of some studios each.

Each studio is changed once: under the batch's lock, those that have their change or their sentence
are left out. A process that dies in between leaves whole transactions, and the next goes on.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.storage.database import changing_directory, db
from portal.directory.batches.acts import ACTIONS, HAND_OVER, UNDO, Case
from portal.directory.batches.fields import read_fields
from portal.directory.batches.letters import standing_of, tell_what_ended
from portal.directory.batches.undoing import give_studio_back, is_hand_over, take_back
from portal.directory.claims.handover import hand_over
from portal.directory.history.models import Batch, Change, ChangedBy, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import StudioProfile, User
from portal.directory.owners.own import Own, own_studio_for_change

AT_ONCE = 50
TRIES = 3
"""Of a transaction that the server ends because two wait for each other."""
NO_STUDIO = "There is no such studio any more."
ODD = "Something stored with it can’t be read or changed, so it was left as it is."
RETURNED = "studio.returned"
NOT_OF_A_STUDIO = (OperationalError, InterfaceError)
"""What the connection's end, or the server, has caused."""
OF_A_STUDIO = (SQLAlchemyError, LookupError, ValueError, TypeError)
"""What one row can cause by what is stored in it."""

Advance = Callable[[int, int], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Carried:
    action: str
    changed: int
    refused: int


def carry_out(batch_id: str, *, advance: Advance = lambda _done, _total: None) -> Carried | None:
    """None for a batch that is not there, as after a restore. Raises Unavailable while nothing can
    be written: what was done stays, and the rest is done when it is called again."""
    numbers = _numbers(batch_id)
    for begin in range(0, max(1, len(numbers)), AT_ONCE):
        is_last = begin + AT_ONCE >= len(numbers)
        _carry_some(batch_id, numbers[begin : begin + AT_ONCE], is_last=is_last)
        advance(min(begin + AT_ONCE, len(numbers)), len(numbers))
    return _carried(batch_id)


def _numbers(batch_id: str) -> list[int]:
    """Those that are left when it begins."""
    batch = db.session.get(Batch, batch_id, populate_existing=True)
    found = _left(batch, batch.numbers) if batch and not batch.finished_at else []
    db.session.rollback()
    return found


def _carried(batch_id: str) -> Carried | None:
    batch = db.session.get(Batch, batch_id, populate_existing=True)
    found = batch and Carried(batch.action, batch.details["changed"], len(batch.refused))
    db.session.rollback()
    return found or None


def _left(batch: Batch, numbers: Sequence[int]) -> list[int]:
    query = select(Change.number).where(
        Change.batch_id == batch.id, Change.subject == Subject.STUDIO
    )
    if len(numbers) <= AT_ONCE:
        query = query.where(Change.number.in_([str(each) for each in numbers]))
    done = {*db.session.scalars(query), *batch.refused}
    return [each for each in numbers if str(each) not in done]


def _carry_some(batch_id: str, numbers: Sequence[int], *, is_last: bool) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            with changing_directory():
                query = select(Batch).where(Batch.id == batch_id).with_for_update()
                batch = db.session.scalar(query.execution_options(populate_existing=True))
                if batch and not batch.finished_at:
                    _Some(batch).do(numbers)
                    batch.finished_at = now() if is_last else None
            return
        except OperationalError:
            if attempt == TRIES:
                raise
            db.session.rollback()


class _Some:
    """Some studios of a batch, in one transaction."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._by = By(ChangedBy.STAFF, batch.by_number, batch.by_name)
        self._refused = dict(batch.refused)
        self._changed = int(batch.details.get("changed", 0))

    def do(self, numbers: Sequence[int]) -> None:
        """`details` counts, for the list of batches."""
        left = _left(self._batch, numbers)
        owners = _locked_owners(left)
        if len(left) == 1 or not self._do_together(left, owners):
            for number in left:
                self._do_alone(number, owners.get(number))
        counts = {"changed": self._changed, "refused": len(self._refused)}
        self._batch.details = {**self._batch.details, **counts}
        self._batch.refused = self._refused

    def _do_together(self, numbers: Sequence[int], owners: Mapping[int, int]) -> bool:
        """With one flush, so that what is derived of the studios is written once. False, and
        nothing was changed, where one of them can't be read or written."""
        refused = dict[str, str]()
        try:
            with db.session.begin_nested(), db.session.no_autoflush:
                for number in numbers:
                    try:
                        self._do_one(number, owners.get(number))
                    except PortalError as error:  # acts raise it before they change anything
                        refused[str(number)] = error.sentence
                db.session.flush()
        except NOT_OF_A_STUDIO:
            raise
        except OF_A_STUDIO:
            return False
        self._refused |= refused
        self._changed += len(numbers) - len(refused)
        return True

    def _do_alone(self, number: int, user_id: int | None) -> None:
        try:
            with db.session.begin_nested():
                self._do_one(number, user_id)
            self._changed += 1
        except PortalError as error:
            self._refused[str(number)] = error.sentence
        except NOT_OF_A_STUDIO:
            raise
        except OF_A_STUDIO as error:
            self._refuse_odd(number, error)

    def _refuse_odd(self, number: int, error: Exception) -> None:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise error
        log.warning("Studio %s of action %s: %s", number, self._batch.id, type(error).__name__)
        self._refused[str(number)] = ODD

    def _do_one(self, number: int, user_id: int | None) -> None:
        if user_id is None:
            raise PortalError(NO_STUDIO)
        if self._batch.action == UNDO:
            self._take_back(number, user_id)
        elif self._batch.action == HAND_OVER:
            details = self._batch.details
            hand_over(
                number, details["to"], by=self._by, reason=details["reason"],
                batch_id=self._batch.id, draft_makes_room=True,
            )  # fmt: skip
        else:
            action = ACTIONS[self._batch.action]
            self._change(own_studio_for_change(user_id), action.recorded, action.act)

    def _take_back(self, number: int, user_id: int) -> None:
        query = select(Change).where(
            Change.batch_id == self._batch.undoes,
            Change.subject == Subject.STUDIO,
            Change.number == str(number),
        )
        change = db.session.scalars(query).one()
        if is_hand_over(change):
            give_studio_back(change, by=self._by, batch_id=self._batch.id)
            return
        own = own_studio_for_change(user_id)
        self._change(own, RETURNED, lambda case: take_back(case, change))

    def _change(self, own: Own, recorded: str, act: Callable[[Case], None]) -> None:
        reason = self._batch.details.get("reason")
        case = Case(own, reason, self._batch.details)
        before, standing = read_fields(own), standing_of(own)
        act(case)
        own.studio.updated_at = case.at
        made = Made(
            recorded,
            Subject.STUDIO,
            own.studio.id,
            before=before,
            after=read_fields(own),
            studio_number=own.studio.id,
            user_id=own.user.id,
            reason=reason,
            batch_id=self._batch.id,
            at=case.at,
        )
        note_change(made, by=self._by)
        tell_what_ended(case, standing)


def _locked_owners(numbers: Sequence[int]) -> dict[int, int]:
    """The owner of each studio. They are locked in one order for everybody, so that two batches
    wait for each other and never both."""
    ids = set(_owners(numbers).values())
    locked = select(User.id).where(User.id.in_(ids)).order_by(User.id)
    db.session.execute(locked.with_for_update(key_share=True)).all()
    return _owners(numbers)


def _owners(numbers: Sequence[int]) -> dict[int, int]:
    query = select(StudioProfile.id, StudioProfile.user_id).where(StudioProfile.id.in_(numbers))
    return {row.id: row.user_id for row in db.session.execute(query)}
