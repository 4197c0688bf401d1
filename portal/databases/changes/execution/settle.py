"""After a crash: find out from the journal whether a change was committed, and record it."""

from sqlalchemy.exc import DBAPIError

from portal.audit.actor import Actor
from portal.audit.service import Outcome
from portal.core.storage.database import JsonDict, db, reading
from portal.databases.changes.execution.apply import schema_of
from portal.databases.changes.execution.change import Applied, Change
from portal.databases.changes.execution.record import record_applied, record_end
from portal.databases.changes.journal import Entry, entry
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.engines import engine_for
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import judge, require_fit
from portal.jobs.operations.progress import Interrupted


def settle(change: Change, *, by: Actor) -> JsonDict | None:
    """After a crash: the result of a committed change, else None. Both are recorded in ops.

    It waits for the target's lock: a child that outlived its worker may still commit. Commits the
    open ops transaction; the caller commits what is recorded here. Idempotent. Raises Refused while
    another database is at the target's address: its journal says nothing about this change.
    """
    db.session.commit()  # ops is not locked while the target's lock is waited for
    with reading(), engine_for(change.target.url).changing() as connection:
        require_fit(change.target, connection)
        found = entry(connection, change.key)
        schema = schema_of(change.target, connection)
        rows = engine_for(change.target.url).count_rows(connection)
    db.session.rollback()
    if change.ticket and change.ticket.state is TicketState.USED:
        return change.ticket.outcome
    if found is None or found.plan != change.seal:  # issued by another ops database
        record_end(change, Outcome.FAILED, by, "It was cut short; nothing was changed.")
        return None
    applied = Applied(found.from_revision, found.to_revision, 0.0, [], rows, *schema)
    return record_applied(change, applied, by=by, late=found)


def committed_entry(ticket: Ticket) -> Entry | None:
    """The journal's entry of this ticket's plan, if the database is at the plan's revision.

    None as well if the database does not answer or is not the registered one.
    """
    target = target_named(ticket.plan.target)
    try:
        if not judge(target).fits:
            return None
        with engine_for(target.url).reading() as connection:
            found, reached = entry(connection, ticket.number), current_revision(connection)
    except (DBAPIError, OSError):
        return None
    if found is None or (found.plan, found.to_revision) != (ticket.seal, reached):
        return None
    return found


def record_committed(ticket: Ticket, found: Entry, *, by: Actor) -> JsonDict | None:
    """Record in ops what the journal says; the caller commits."""
    if ticket.state is TicketState.USED:
        return ticket.outcome
    change = Change(target_named(ticket.plan.target), ticket.number, found.to_revision, ticket)
    with engine_for(change.target.url).reading() as connection:
        rows = engine_for(change.target.url).count_rows(connection)
        schema = schema_of(change.target, connection)
    applied = Applied(found.from_revision, found.to_revision, 0.0, [], rows, *schema)
    return record_applied(change, applied, by=by, late=found)


def was_committed(change: Change) -> bool:
    """Whether the journal says that the change was committed before the error. Raises Interrupted
    if the database does not answer."""
    try:
        with reading(), engine_for(change.target.url).reading() as connection:
            found = entry(connection, change.key)
    except (DBAPIError, OSError) as error:
        raise Interrupted("The database does not say what became of the change.") from error
    return found is not None and found.plan == change.seal
