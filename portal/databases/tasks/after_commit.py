"""What is left to report and to do about a run's change after its commit.

The ticket and the database's own journal decide, not the outcome of the operation that carried the
change out: its record may be lost, or end with a sentence about the cleanup.
"""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from portal.audit.actor import Actor
from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.changes.automatic_rollback import (
    BACKUP_FAILED,
    change_not_rolled_back,
    failure_sentence,
    not_verified,
    rollback_hint,
    verification_failure,
    was_rolled_back,
)
from portal.databases.changes.execution.settle import committed_entry, record_committed
from portal.databases.changes.journal import Entry
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.policies.change_maintenance import is_left_over
from portal.databases.policies.held import running_change
from portal.databases.targets.config import target_named
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Operation
from portal.runbooks.engine.registry import Finding
from portal.runbooks.models import Run


def carried_out(run: str) -> str | None:
    """What proves that this run's change was committed, in one sentence; None without proof.

    Both are needed: a ticket of this very run, and the journal of the database, which is at the
    plan's revision. Another run's ticket proves nothing here.
    """
    found = _proof(run)
    if found is None:
        return None
    ticket, noted = found
    at = noted.at[:19].replace("T", " ")
    return (
        f"{ticket.plan.target.capitalize()} is at {noted.to_revision}, and its journal says that"
        f" ticket {ticket.number} of this run was carried out on {at} UTC."
    )


def note_carried_out(run: str, by: Actor) -> None:
    """Update the control room's record from the journal; the caller commits."""
    if found := _proof(run):
        record_committed(*found, by=by)


def findings_of_run(run: Run) -> list[Finding]:
    """What is left to do about the run's change, while anything is; empty while it runs."""
    if run.target is None or running_change(run.target):
        return []
    ticket = _used_ticket(run.uuid)
    found = [*_about_maintenance(run), *(_about(ticket) if ticket else [])]
    if run.is_rolling_back and not found and (proof := carried_out(run.uuid)):
        found.append(Finding(f"{proof} To restore its backup would undo it, and lose what people"
                             " have written since."))  # fmt: skip
    return found


def _about(ticket: Ticket) -> Iterator[Finding]:
    values = {"number": ticket.number}
    if sentence := not_verified(ticket):
        yield Finding(sentence, "Verify it again", "databases.create_verification", values)
    elif verification_failure(ticket) and _is_in_place(ticket):
        values = {"name": ticket.plan.backup.name}
        sentence = f"{failure_sentence(ticket)} {rollback_hint(ticket)}"
        yield Finding(sentence, "Go back to before it", "databases.show_restore", values)
    elif why := (ticket.outcome or {}).get(BACKUP_FAILED):
        sentence = f"The change is done. The state that it left is not backed up: {why}"
        yield Finding(sentence, f"Back up {ticket.plan.target}", "databases.list_backups")


def _is_in_place(ticket: Ticket) -> bool:
    """Whether the change was not rolled back; also True while the database does not answer."""
    try:
        return change_not_rolled_back(target_named(ticket.plan.target)) is ticket
    except (PortalError, DBAPIError, OSError):
        return True


def _about_maintenance(run: Run) -> Iterator[Finding]:
    known = registered_target(run.target or "")
    query = select(Operation.uuid).where(Operation.subject == run.uuid)
    if known is None or not is_left_over(known, set(db.session.scalars(query))):
        return
    what = "The change is committed." if _used_ticket(run.uuid) else "The change is over."
    yield Finding(
        f"{what} Its maintenance mode could not be ended: {known.name} is read-only since"
        f" {known.maintenance_since:%Y-%m-%d %H:%M} UTC. End it by hand.",
        f"End maintenance of {known.name}",
        "databases.delete_maintenance",
        {"target": known.name},
    )


def _proof(run: str) -> tuple[Ticket, Entry] | None:
    query = select(Ticket).join(Plan).where(Ticket.run == run, Plan.run == run)
    for ticket in db.session.scalars(query.order_by(Ticket.id.desc())):
        is_candidate = ticket.state in {TicketState.USED, TicketState.APPROVED}
        if not is_candidate or was_rolled_back(ticket):
            continue
        if noted := committed_entry(ticket):
            return ticket, noted
    return None


def _used_ticket(run: str) -> Ticket | None:
    query = select(Ticket).where(Ticket.run == run, Ticket.used_at.is_not(None))
    return db.session.scalar(query.order_by(Ticket.id.desc()).limit(1))
