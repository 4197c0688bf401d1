"""Carrying out a change: lock, check again, upgrade, compare, journal, commit.

The directory and ops are two databases, so nothing is atomic across both: the intent is recorded
first, then the change is committed together with its journal entry, then the outcome is recorded.
The journal decides what happened if the process dies in between.
"""

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import PortalError, Refused, Unavailable
from portal.core.storage.database import JsonDict, db, reading
from portal.databases.backups.integrity import require_whole
from portal.databases.changes.execution.apply import apply_patiently
from portal.databases.changes.execution.change import Change
from portal.databases.changes.execution.record import outcome_of, record_applied, record_end
from portal.databases.changes.execution.settle import committed_entry, settle, was_committed
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.changes.tickets import require_approved
from portal.databases.policies.drift import require_no_drift
from portal.databases.policies.overrides import use_overrides
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import require_fit
from portal.databases.targets.registry import outcome_must_be_recorded
from portal.jobs.operations.progress import Interrupted, Progress


def migrate_production(ticket: Ticket, progress: Progress, *, by: Actor) -> JsonDict:
    """Carry out the plan of an approved ticket.

    Requires both confirmations, the verified backup, and the rehearsal that the plan was locked
    over. Raises Refused, Conflict or Unavailable, and then nothing was changed.
    """
    target = target_named(ticket.plan.target)
    change = Change(target, ticket.number, ticket.plan.to_revision, ticket)
    is_new = ticket.state is not TicketState.USED
    if is_new and committed_entry(ticket) and (result := settle(change, by=by)):
        return result
    require_approved(ticket)
    require_whole(ticket.plan.backup)
    return _carry_out(change, progress, by=by)


def migrate_development(target: Target, progress: Progress, *, key: str, by: Actor) -> JsonDict:
    """Upgrade a development database to head, without a ticket. The caller takes the backup."""
    if target.is_production:
        raise Refused(f"{target.name} is changed by its plan and its ticket only.")
    return _carry_out(Change(target, key, target.history.head()), progress, by=by)


def _carry_out(change: Change, progress: Progress, *, by: Actor) -> JsonDict:
    contracts = change.plan is None or change.plan.contracts
    refuse_unless_served(change.target, change.to_revision, contracts=contracts)
    require_fit(change.target)
    require_no_drift(change.target)
    if change.ticket:
        use_overrides(change.ticket)
    record(
        "migration.started",
        change.key,
        by=by,
        outcome=Outcome.INTENT,
        target=change.target.name,
        details={"to": change.to_revision, "seal": change.seal},
    )
    db.session.commit()
    try:
        with reading(), progress.step(f"Change {change.target.name}"):
            applied = apply_patiently(change, progress)
    except Interrupted:
        raise  # like any unexpected end: `settle` finds out what happened, and records it
    except PortalError as error:
        db.session.rollback()
        if isinstance(error, Unavailable) and was_committed(change):
            raise Interrupted(
                "The database failed right after the change was committed."
            ) from error
        record_end(change, outcome_of(error), by, str(error))
        db.session.commit()
        raise
    db.session.rollback()
    with outcome_must_be_recorded():
        return record_applied(change, applied, by=by)
