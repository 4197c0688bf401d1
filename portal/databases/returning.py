"""A change of production is looked at at once; what does not verify is undone by itself."""

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import Outcome, record
from portal.core.database import JsonDict, db
from portal.core.errors import PortalError, Refused
from portal.databases.change import migrate_production
from portal.databases.models import Ticket
from portal.databases.restore import return_to
from portal.databases.targets import target_named
from portal.databases.verification import look_at_change
from portal.jobs.progress import Progress

RETURNED = "returned"


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


def _returned(ticket: Ticket, failure: Refused, progress: Progress) -> Refused:
    """Put the backup of the plan back; returns what is said of it."""
    target, backup = target_named(ticket.plan.target), ticket.plan.backup
    record(
        "verification.failed",
        ticket.number,
        by=SYSTEM,
        outcome=Outcome.FAILED,
        target=target.name,
        reason=failure.sentence,
    )
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
    ticket.outcome = {**(ticket.outcome or {}), RETURNED: back["sentence"]}
    db.session.commit()
    return Refused(
        f"The change was carried out and did not verify: {failure.sentence}"
        f" So the backup was put back: {back['sentence']}",
        way_out="Mend the revision or the data, and prepare the change again.",
    )
