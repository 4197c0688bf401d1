"""Queries for operations."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import cache

from sqlalchemy import Select, or_, select

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.paging import Page, page_of_rows
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationLine, OperationState

PAGE = 50
RECENT = timedelta(minutes=10)
WATCHED: set[str] = set()
"""Kinds whose newest operation pages show even after its end; each feature adds its own."""
RECENT_KINDS: set[str] = set()
"""Kinds that pages show outside of a run, while they run and shortly after; likewise."""


def operation_for(operation_id: int) -> Operation:
    """Raises NotFound."""
    operation = db.session.get(Operation, operation_id)
    if operation is None:
        raise NotFound("There is no such operation.")
    return operation


def running_operations() -> list[Operation]:
    return [each for each in _open() if each.state is OperationState.RUNNING]


def waiting_operations() -> list[Operation]:
    return [each for each in _open() if each.state is OperationState.WAITING]


def ids_of_open() -> set[int]:
    """Ids of all running and waiting operations."""
    return {each.id for each in _open()}


def unknown_operations() -> list[Operation]:
    return _in_state(OperationState.UNKNOWN)


def newest_recent(kinds: Collection[str]) -> Operation | None:
    """The newest operation that `recent_operation` finds among these kinds, all in `RECENT_KINDS`;
    read together with the running ones."""
    since, seen = now() - RECENT, set[str]()
    for each in _going():
        if each.kind in kinds and each.subject is None and each.kind not in seen:
            seen.add(each.kind)
            if not each.finished_at or each.finished_at >= since:
                return each
    return None


def recent_operation(kind: str, target: str | None = None) -> Operation | None:
    """The newest operation of its kind outside of a run, while it runs and shortly after."""
    query = select(Operation).where(Operation.kind == kind, Operation.subject.is_(None))
    if target:
        query = query.where(Operation.target == target)
    found = db.session.scalar(query.order_by(Operation.id.desc()).limit(1))
    if found is None or (found.finished_at and found.finished_at < now() - RECENT):
        return None
    return found


def page_of_operations(number: int = 1) -> Page[Operation]:
    """Newest first."""
    query = select(Operation).order_by(Operation.id.desc())
    return page_of_rows(db.session(), query, number=number, size=PAGE)


def lines_after(operation: Operation, seq: int = 0) -> list[OperationLine]:
    """Its output after line `seq`, in order."""
    query = select(OperationLine).where(
        OperationLine.operation_id == operation.id, OperationLine.seq > seq
    )
    return list(db.session.scalars(query.order_by(OperationLine.seq)))


def newest_ended(kind: str) -> Operation | None:
    """The newest that has ended. Kinds in `WATCHED` are read together with the running ones."""
    return next((each for each in _going() if each.kind == kind and each.finished_at), None)


def _open() -> list[Operation]:
    found = [each for each in _going() if not each.is_finished]
    return sorted(found, key=lambda each: each.id)


@cached_until_commit()
def _going() -> Sequence[Operation]:
    """Running and waiting operations, the newest ended one of each watched kind, and the newest
    outside of a run of each recent kind; newest first."""
    return db.session.scalars(_going_with(frozenset(WATCHED), frozenset(RECENT_KINDS))).all()


@cache
def _going_with(watched: frozenset[str], recent: frozenset[str]) -> Select[Operation]:
    shown = [
        (Operation.kind == kind, Operation.finished_at.is_not(None)) for kind in sorted(watched)
    ] + [(Operation.kind == kind, Operation.subject.is_(None)) for kind in sorted(recent)]
    newest = [
        select(Operation.id)
        .where(*of_kind)
        .order_by(Operation.id.desc())
        .limit(1)
        .scalar_subquery()
        for of_kind in shown
    ]
    is_open = Operation.state.in_([OperationState.RUNNING, OperationState.WAITING])
    is_wanted = or_(is_open, *(Operation.id == each for each in newest))
    return select(Operation).where(is_wanted).order_by(Operation.id.desc())


def _in_state(*states: OperationState) -> list[Operation]:
    query = select(Operation).where(Operation.state.in_(states)).order_by(Operation.id)
    return list(db.session.scalars(query))
