"""A change of production is looked at at once; what does not verify is undone by itself."""

from sqlalchemy import select

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import Outcome, record
from portal.core.database import JsonDict, db
from portal.core.errors import PortalError, Refused
from portal.databases.change import migrate_production
from portal.databases.engines import engine_for
from portal.databases.journal import entry
from portal.databases.models import Plan, Ticket
from portal.databases.restore import return_to, settle_restore
from portal.databases.targets import Target, target_named
from portal.databases.verification import look_at_change
from portal.jobs.progress import Progress

RETURNED, FAULT = "returned", "does_not_verify"


def change_production(ticket: Ticket, progress: Progress, *, by: Actor) -> JsonDict:
    """Carry out the plan of an approved ticket, look at what it left, and go back if that fails.

    The change is committed and recorded before it is looked at, and the audit log keeps both.
    Raises Refused when the backup was put back, saying what did not hold; else like
    `migrate_production`.
    """
    result = migrate_production(ticket, progress, by=by)
    db.session.commit()
    try:
        look_at_change(ticket, progress=progress)
    except Refused as failure:
        db.session.rollback()
        raise _returned(ticket, failure, progress) from failure
    return result


def was_returned(ticket: Ticket) -> bool:
    return bool((ticket.outcome or {}).get(RETURNED))


def why_it_fails(ticket: Ticket) -> str | None:
    """What did not hold after the change was committed, in one sentence."""
    return (ticket.outcome or {}).get(FAULT)


def settle_return(ticket: Ticket, *, by: Actor) -> str | None:
    """After a crash: what became of a change that was committed and does not verify, in words.

    None where it verifies. Nothing is put back here: people may have written since. The caller
    commits. Raises Refused while another database stands at the target's address.
    """
    if why_it_fails(ticket) is None:
        try:
            look_at_change(ticket)
        except Refused as failure:
            _record_failure(ticket, failure)
        return stands(ticket) if why_it_fails(ticket) else None
    target, backup = target_named(ticket.plan.target), ticket.plan.backup
    if not was_returned(ticket):
        back = settle_restore(target, backup, by=by, undoes=ticket.number)
        if back is None:
            return stands(ticket)
        _note(ticket, RETURNED, back["sentence"])
    return f"It did not verify: {why_it_fails(ticket)} Its backup was put back."


def unreturned_change(target: Target) -> Ticket | None:
    """The change that stands in the database though it does not verify: its return did not come
    to its end, and nobody has restored a backup from before it."""
    query = select(Ticket).join(Plan).where(Plan.target == target.name, Ticket.used_at.is_not(None))
    ticket = db.session.scalar(query.order_by(Ticket.used_at.desc(), Ticket.id.desc()).limit(1))
    if ticket is None or was_returned(ticket) or why_it_fails(ticket) is None:
        return None
    with engine_for(target.url).reading() as connection:
        return ticket if entry(connection, ticket.number) else None


def stands(ticket: Ticket) -> str:
    return f"{what_stands(ticket)} {way_back(ticket)}"


def what_stands(ticket: Ticket) -> str:
    plan = ticket.plan
    return (
        f"Change {ticket.number} does not verify: {why_it_fails(ticket)} It was not undone:"
        f" {plan.target} is at {plan.to_revision}, as the change left it."
    )


def way_back(ticket: Ticket) -> str:
    name, backup = ticket.plan.target, ticket.plan.backup.name
    return (
        f"Go back to before it: flask databases restore {name} {backup},"
        f" or at /ops/backups/{backup}/restore."
    )


def note_verified(ticket: Ticket) -> None:
    """Somebody mended what did not hold: nothing has to be undone any more. The caller commits."""
    if why_it_fails(ticket):
        ticket.outcome = {key: of for key, of in (ticket.outcome or {}).items() if key != FAULT}


def _returned(ticket: Ticket, failure: Refused, progress: Progress) -> Refused:
    """Put the backup of the plan back; returns what is said of it."""
    target, backup = target_named(ticket.plan.target), ticket.plan.backup
    _record_failure(ticket, failure)
    db.session.commit()
    progress.say(f"It does not verify: {failure.sentence} The backup goes back.")
    try:
        back = return_to(target, backup, by=SYSTEM, progress=progress)
    except PortalError as error:
        db.session.rollback()
        return Refused(
            f"The change was carried out and does not verify: {failure.sentence}"
            f" Its backup could not be put back: {error}",
            way_out=f"Restore it: flask databases restore {target.name} {backup.name}",
        )
    _note(ticket, RETURNED, back["sentence"])
    db.session.commit()
    return Refused(
        f"The change was carried out and did not verify: {failure.sentence}"
        f" So the backup was put back: {back['sentence']}",
        way_out="Mend the revision or the data, and prepare the change again.",
    )


def _record_failure(ticket: Ticket, failure: Refused) -> None:
    """Before anything is undone: whoever comes after a crash has to know that it was to be."""
    record(
        "verification.failed",
        ticket.number,
        by=SYSTEM,
        outcome=Outcome.FAILED,
        target=ticket.plan.target,
        reason=failure.sentence,
    )
    _note(ticket, FAULT, failure.sentence)


def _note(ticket: Ticket, key: str, sentence: str) -> None:
    ticket.outcome = {**(ticket.outcome or {}), key: sentence}
