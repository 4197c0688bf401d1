"""Maintenance mode that a change switches on for itself, around a contract, and off afterwards.

A committed change stays committed: if maintenance can't be ended, its result says so.
"""

import logging

from sqlalchemy.exc import SQLAlchemyError

from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.changes.models import Ticket
from portal.databases.engines.base import first_line
from portal.databases.policies.maintenance import begin_own_maintenance, end_own_maintenance
from portal.databases.targets.config import target_named
from portal.databases.targets.models import RegisteredTarget
from portal.jobs.models import Operation
from portal.jobs.operations.progress import Progress

log = logging.getLogger(__name__)


def begin_maintenance_if_chosen(operation: Operation, ticket: Ticket, progress: Progress) -> None:
    """Begin it for a contract whose operation was started with this option, until it is done."""
    if not (operation.arguments.get("maintenance") == "yes" and ticket.plan.contracts):
        return
    target, by = target_named(ticket.plan.target), operation.requested_by
    because = f"Change {ticket.number} to {ticket.plan.to_revision}"
    progress.say(f"Maintenance mode: {target.name} is read-only until the change is done.")
    begin_own_maintenance(target, operation.uuid, because=because, by=by)


def end_of_own_maintenance(operation: Operation) -> str | None:
    """End what the operation began for itself; one sentence if that fails, otherwise None."""
    db.session.rollback()
    try:
        target = target_named(operation.target or "")
        end_own_maintenance(target, operation.uuid, by=operation.requested_by)
    except (PortalError, SQLAlchemyError, OSError) as error:
        db.session.rollback()
        log.exception("Maintenance of %s could not be ended", operation.target)
        return not_ended(operation.target or "", error)
    return None


def not_ended(target: str, error: Exception) -> str:
    why = error.sentence if isinstance(error, PortalError) else first_line(error)
    return f"Maintenance of {target} could not be ended: {why} End it by hand."


def is_left_over(known: RegisteredTarget, operations: set[str]) -> bool:
    """Whether one of these operations began the maintenance that is still on."""
    return known.is_in_maintenance and known.maintenance_operation in operations
