"""Reading operations."""

from sqlalchemy import select

from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.paging import Page, page_of_rows
from portal.jobs.models import Operation, OperationLine, OperationState

PAGE = 50


def operation_for(operation_id: int) -> Operation:
    """Raises NotFound."""
    operation = db.session.get(Operation, operation_id)
    if operation is None:
        raise NotFound("There is no such operation.")
    return operation


def running_operations() -> list[Operation]:
    return _in_state(OperationState.RUNNING)


def waiting_operations() -> list[Operation]:
    return _in_state(OperationState.WAITING)


def unknown_operations() -> list[Operation]:
    return _in_state(OperationState.UNKNOWN)


def page_of_operations(number: int = 1) -> Page[Operation]:
    """The newest first."""
    query = select(Operation).order_by(Operation.id.desc())
    return page_of_rows(db.session(), query, number=number, size=PAGE)


def operations_about(subject: str) -> list[Operation]:
    """What was done for a run, say; oldest first."""
    query = select(Operation).where(Operation.subject == subject).order_by(Operation.id)
    return list(db.session.scalars(query))


def lines_after(operation: Operation, seq: int = 0) -> list[OperationLine]:
    """What it said after line `seq`, in order."""
    query = select(OperationLine).where(
        OperationLine.operation_id == operation.id, OperationLine.seq > seq
    )
    return list(db.session.scalars(query.order_by(OperationLine.seq)))


def _in_state(state: OperationState) -> list[Operation]:
    query = select(Operation).where(Operation.state == state).order_by(Operation.id)
    return list(db.session.scalars(query))
