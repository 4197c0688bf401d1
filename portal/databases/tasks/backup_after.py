"""The backup of the state that a verified change left: whether it was asked for, and its state.

The ticket's outcome notes the operation that takes it, and its failure; see `after_change`.
"""

from datetime import timedelta

from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.backups.models import Backup
from portal.databases.changes.automatic_rollback import (
    BACKUP_FAILED,
    not_verified,
    verification_failure,
    was_rolled_back,
)
from portal.databases.changes.execution.settle import committed_entry
from portal.databases.changes.models import Ticket
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.models import Operation
from portal.runbooks.engine.registry import Keeping

ASKED_FOR = "backup_after"
"""Key of a ticket's outcome: the uuid of the operation. It is asked for once."""
WITHIN = timedelta(days=1)
"""After this time it is not asked for any more: the state is not that of the change."""


def is_wanted(ticket: Ticket) -> bool:
    """Whether its change is in place and passed its verification, and no backup was asked for."""
    is_good = not (was_rolled_back(ticket) or verification_failure(ticket) or not_verified(ticket))
    is_recent = ticket.used_at is not None and now() - ticket.used_at < WITHIN
    return is_good and is_recent and ASKED_FOR not in (ticket.outcome or {})


def keeping_of(ticket: Ticket) -> Keeping:
    """The state of the backup of what the change left, as it is."""
    if backup := _taken_since(ticket):
        return Keeping(f"The new state is backed up and verified: {backup.name}.", "verified")
    if failure := (ticket.outcome or {}).get(BACKUP_FAILED):
        return Keeping(f"The new state is not backed up: {failure}", "failed")
    operation = _operation(ticket)
    if operation is not None:
        return _of_operation(operation)
    if not is_wanted(ticket):
        return Keeping("No backup of the new state was taken.", "unknown")
    if committed_entry(ticket) is None:
        sentence = "The new state is not backed up: the database does not have the change now."
        return Keeping(sentence, "unknown")
    waits = "" if worker_is_alive() else " No worker is running, so nothing happens yet."
    return Keeping(f"A backup of the new state follows.{waits}", "waiting", is_open=True)


def _of_operation(operation: Operation) -> Keeping:
    state = operation.state.value
    if operation.is_done:
        return Keeping("The backup of the new state was taken, and is not usable now.", "unknown")
    if operation.is_finished:
        return Keeping(f"The new state is not backed up: {operation.outcome}", "failed")
    if state == "running":
        sentence = "A backup of the new state is being taken and verified."
        return Keeping(sentence, state, is_open=True)
    waits = "" if worker_is_alive() else " No worker is running, so nothing happens yet."
    return Keeping(f"A backup of the new state is queued.{waits}", state, is_open=True)


def _operation(ticket: Ticket) -> Operation | None:
    uuid = (ticket.outcome or {}).get(ASKED_FOR)
    query = select(Operation).where(Operation.uuid == uuid)
    return db.session.scalar(query) if uuid else None


def _taken_since(ticket: Ticket) -> Backup | None:
    """The newest usable backup, if it is of the revision that the change left, and taken since."""
    found = newest_backup(ticket.plan.target)
    if found is None or ticket.used_at is None or found.taken_at < ticket.used_at:
        return None
    return found if found.revision == ticket.plan.to_revision else None
