"""Verifies a change of production immediately, and rolls it back automatically if that fails."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import Outcome, record
from portal.core.errors import PortalError, Refused
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import JsonDict, db
from portal.databases.changes.execution.migrate import migrate_production
from portal.databases.changes.journal import entry
from portal.databases.changes.models import Plan, Ticket
from portal.databases.changes.verification import verify_database
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.restores.restore import restore_before_change
from portal.databases.restores.settle import settle_restore
from portal.databases.targets.config import Target, target_named
from portal.jobs.operations.progress import Progress

RETURNED, FAULT, UNVERIFIED = "returned", "does_not_verify", "not_verified_yet"
LEFT = {FAULT, UNVERIFIED}
"""Keys of a ticket's outcome while something is left to do about its change."""
BACKUP_FAILED = "backup_after_failed"
"""Likewise, for the backup of what the change left: why it could not be taken."""


def change_production(ticket: Ticket, progress: Progress, *, by: Actor) -> JsonDict:
    """Carry out the plan of an approved ticket, verify the result, and roll back if that fails.

    The change is committed and recorded before it is verified, and the audit log keeps both. Raises
    Refused if the backup was restored, saying which check failed; else like `migrate_production`. A
    change that stays committed is a result, with a sentence about what is left to do: also if
    verification could not run, which says nothing about the data and rolls nothing back.
    """
    result = migrate_production(ticket, progress, by=by)
    db.session.commit()
    try:
        verify_database(ticket, progress=progress)
    except Refused as failure:
        db.session.rollback()
        return _roll_back(ticket, failure, progress, result)
    except Exception as error:
        db.session.rollback()
        return with_sentence(result, note_unverified(ticket, error))
    return result


def with_sentence(result: JsonDict, *more: str) -> JsonDict:
    """The result of a committed change, with further sentences."""
    return {**result, "sentence": " ".join([str(result["sentence"]), *more])}


def note_unverified(ticket: Ticket, error: Exception) -> str:
    """The committed change could not be verified; a person verifies it again. Commits."""
    why = str(error) if isinstance(error, PortalError) else first_line(error)
    _record(ticket, "verification.unfinished", why)
    _note(ticket, UNVERIFIED, why)
    db.session.commit()
    return not_verified(ticket) or ""


def not_verified(ticket: Ticket) -> str | None:
    """One sentence while a committed change could not be verified, otherwise None."""
    if (why := (ticket.outcome or {}).get(UNVERIFIED)) is None:
        return None
    return (
        f"Change {ticket.number} is committed and not yet verified: {why}"
        " Nothing was undone; verify it again."
    )


def was_rolled_back(ticket: Ticket) -> bool:
    return bool((ticket.outcome or {}).get(RETURNED))


def verification_failure(ticket: Ticket) -> str | None:
    """Which check failed after the change was committed, in one sentence."""
    return (ticket.outcome or {}).get(FAULT)


def settle_rollback(ticket: Ticket, *, by: Actor) -> str | None:
    """After a crash: the outcome of a change that was committed and does not verify, as a sentence.

    None if it verifies. Nothing is restored here: there may have been writes since. The caller
    commits. Raises Refused while another database is at the target's address.
    """
    if verification_failure(ticket) is None:
        return _verified_late(ticket)
    target, backup = target_named(ticket.plan.target), ticket.plan.backup
    if not was_rolled_back(ticket):
        back = settle_restore(target, backup, by=by, undoes=ticket.number)
        if back is None:
            return failure_and_rollback_hint(ticket)
        _note(ticket, RETURNED, back["sentence"])
    return f"It did not verify: {verification_failure(ticket)} Its backup was put back."


def _verified_late(ticket: Ticket) -> str | None:
    try:
        verify_database(ticket)
    except Refused as failure:
        record_failure(ticket, failure)
        return failure_and_rollback_hint(ticket)
    except Exception as error:
        db.session.rollback()
        return note_unverified(ticket, error)
    return None


def change_not_rolled_back(target: Target) -> Ticket | None:
    """The change that is still in the database though it does not verify: its rollback was not
    completed, and no backup from before it was restored.
    """
    ticket = _last_used(target)
    if ticket is None or was_rolled_back(ticket) or verification_failure(ticket) is None:
        return None
    with engine_for(target.url).reading() as connection:
        return ticket if entry(connection, ticket.number) else None


def unverified_change(target: Target) -> Ticket | None:
    """The last change, if it is committed and could not be verified yet."""
    ticket = _last_used(target)
    return ticket if ticket and not was_rolled_back(ticket) and not_verified(ticket) else None


def backup_failure(target: Target) -> str | None:
    """The state that the last change left has no backup, as a sentence."""
    ticket = _last_used(target)
    why = (ticket.outcome or {}).get(BACKUP_FAILED) if ticket else None
    if ticket is None or why is None or was_rolled_back(ticket):
        return None
    return f"The state after change {ticket.number} of {target.name} is not backed up: {why}"


def _last_used(target: Target) -> Ticket | None:
    return _last_used_tickets().get(target.name)


@cached_until_commit()
def _last_used_tickets() -> dict[str, Ticket]:
    """By target, in one query: the last used ticket of each, if anything is left to do."""
    found, noted = db.session.scalars(_LAST_USED), {*LEFT, BACKUP_FAILED}
    return {each.plan.target: each for each in found if noted & (each.outcome or {}).keys()}


def _last_used_of_each() -> Select[Ticket]:
    latest = func.row_number().over(
        partition_by=Plan.target, order_by=(Ticket.used_at.desc(), Ticket.id.desc())
    )
    used = select(Ticket.id, latest.label("place")).join(Plan).where(Ticket.used_at.is_not(None))
    first = used.subquery()
    query = select(Ticket).options(joinedload(Ticket.plan)).join(first, first.c.id == Ticket.id)
    return query.where(first.c.place == 1)


_LAST_USED = _last_used_of_each()


def failure_and_rollback_hint(ticket: Ticket) -> str:
    return f"{failure_sentence(ticket)} {rollback_hint(ticket)}"


def failure_sentence(ticket: Ticket) -> str:
    plan = ticket.plan
    return (
        f"Change {ticket.number} does not verify: {verification_failure(ticket)} It was not undone:"
        f" {plan.target} is at {plan.to_revision}, as the change left it."
    )


def rollback_hint(ticket: Ticket) -> str:
    name, backup = ticket.plan.target, ticket.plan.backup.name
    return (
        f"To roll it back: flask databases restore {name} {backup},"
        f" or at /ops/backups/{backup}/restore."
    )


def note_verified(ticket: Ticket) -> None:
    """The fault was fixed: the change no longer has to be rolled back. The caller commits."""
    if LEFT & (ticket.outcome or {}).keys():
        ticket.outcome = {key: of for key, of in (ticket.outcome or {}).items() if key not in LEFT}


def _roll_back(ticket: Ticket, failure: Refused, progress: Progress, result: JsonDict) -> JsonDict:
    """Restore the backup of the plan and raise Refused; the result if that can't be done."""
    target, backup = target_named(ticket.plan.target), ticket.plan.backup
    record_failure(ticket, failure)
    db.session.commit()
    progress.say(f"It does not verify: {failure.sentence} The backup goes back.")
    try:
        back = restore_before_change(target, backup, by=SYSTEM, progress=progress)
    except PortalError as error:
        db.session.rollback()
        kept = f"Its backup could not be put back: {error}"
        return with_sentence(result, failure_sentence(ticket), kept, rollback_hint(ticket))
    _note(ticket, RETURNED, back["sentence"])
    db.session.commit()
    raise Refused(
        f"The change was carried out and did not verify: {failure.sentence}"
        f" So the backup was put back: {back['sentence']}",
        remedy="Fix the revision or the data, and prepare the change again.",
    )


def record_failure(ticket: Ticket, failure: Refused) -> None:
    """Recorded before the rollback: after a crash it must be known that one was due."""
    _record(ticket, "verification.failed", failure.sentence)
    note_verified(ticket)
    _note(ticket, FAULT, failure.sentence)


def _record(ticket: Ticket, action: str, reason: str) -> None:
    record(
        action,
        ticket.number,
        by=SYSTEM,
        outcome=Outcome.FAILED,
        target=ticket.plan.target,
        reason=reason,
    )


def _note(ticket: Ticket, key: str, sentence: str) -> None:
    ticket.outcome = {**(ticket.outcome or {}), key: sentence}
