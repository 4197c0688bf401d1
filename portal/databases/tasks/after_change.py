"""Takes a backup of the new state after a verified change of production.

The worker looks for such changes itself, so that a process that was killed loses nothing; the
ticket notes the operation in the transaction that asks for it, so that it is asked for once. A
failure is an alert, and never a failed change.
"""

import logging

from sqlalchemy import Select, exists, or_, select

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.backups.models import Purpose
from portal.databases.changes.automatic_rollback import BACKUP_FAILED
from portal.databases.changes.execution.settle import committed_entry
from portal.databases.changes.models import Plan, Ticket
from portal.databases.tasks.backup_after import ASKED_FOR, WITHIN, is_wanted
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.lifecycle import operation_finished
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every

KIND = "databases.backup"
EACH = 3.0
"""Seconds between two looks."""

log = logging.getLogger(__name__)


@every(EACH)
def back_up_new_states() -> None:
    """Ask for the backups that are due. Commits each."""
    with read_and_release():
        wanted = [each.id for each in db.session.scalars(_verified()) if is_wanted(each)]
    for ticket_id in wanted:
        try:
            _ask(ticket_id)
        except PortalError as error:
            db.session.rollback()
            log.warning("A backup of the new state was not asked for: %s", error)


def _ask(ticket_id: int) -> None:
    """Only while the database still has the change: a restore may have undone it."""
    with read_and_release():
        if committed_entry(db.session.get_one(Ticket, ticket_id)) is None:
            return
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    ticket = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if is_wanted(ticket):
        operation = request_operation(
            KIND, by=SYSTEM, target=ticket.plan.target, arguments=_arguments(ticket)
        )
        ticket.outcome = {**(ticket.outcome or {}), ASKED_FOR: operation.uuid}
        db.session.commit()
    db.session.rollback()


def _arguments(ticket: Ticket) -> dict[str, str]:
    """Not as a backup before a change: retention keeps the newest of those."""
    reason = f"The state after change {ticket.number}"
    return {"reason": reason, "purpose": Purpose.ASKED.value, "after": ticket.number}


@operation_finished.connect
def note_backup(operation: Operation) -> None:
    """Note on the ticket that its backup failed, until a later one of its target succeeded."""
    if operation.kind != KIND:
        return
    number = operation.arguments.get("after")
    if operation.is_done:
        for ticket in db.session.scalars(_newest_used(operation)):
            _note(ticket, None)
    elif number:
        for ticket in db.session.scalars(select(Ticket).where(Ticket.number == str(number))):
            _note(ticket, operation.outcome or "no reason was recorded.")


def _note(ticket: Ticket, failure: str | None) -> None:
    outcome = {key: of for key, of in (ticket.outcome or {}).items() if key != BACKUP_FAILED}
    if failure:
        outcome[BACKUP_FAILED] = failure
    if outcome != (ticket.outcome or {}):
        ticket.outcome = outcome


def _verified() -> Select[Ticket]:
    """Tickets used lately: those of a run once its verification is done, those from the terminal,
    which are verified in the same operation."""
    verification = exists().where(
        Operation.subject == Ticket.run,
        Operation.kind == "databases.verify",
        Operation.state == OperationState.DONE,
        Operation.finished_at >= Ticket.used_at,
    )
    query = select(Ticket).where(Ticket.used_at > now() - WITHIN)
    return query.where(or_(Ticket.run.is_(None), verification))


def _newest_used(operation: Operation) -> Select[Ticket]:
    query = select(Ticket).join(Plan).where(Plan.target == operation.target)
    query = query.where(Ticket.used_at <= operation.started_at)
    return query.order_by(Ticket.used_at.desc(), Ticket.id.desc()).limit(1)
