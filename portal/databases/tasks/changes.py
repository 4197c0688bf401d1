"""The long operations on databases, carried out in the worker's child or at the terminal."""

from portal.core.errors import Refused
from portal.core.storage.database import JsonDict, db
from portal.databases.backups import create as backups
from portal.databases.backups.catalogue.find import backup_named, newest_backup
from portal.databases.backups.models import Backup, Purpose
from portal.databases.changes.automatic_rollback import (
    change_production,
    not_verified,
    note_verified,
    record_failure,
    settle_rollback,
    verification_failure,
    was_rolled_back,
    with_sentence,
)
from portal.databases.changes.execution.change import Change
from portal.databases.changes.execution.migrate import migrate_development
from portal.databases.changes.execution.settle import settle
from portal.databases.changes.models import Ticket
from portal.databases.changes.plan import seal_plan
from portal.databases.changes.rehearsal import rehearse
from portal.databases.changes.tickets import issue_ticket, ticket_numbered, ticket_of_run
from portal.databases.changes.verification import verify, verify_database
from portal.databases.policies.change_maintenance import (
    begin_maintenance_if_chosen,
    end_of_own_maintenance,
)
from portal.databases.policies.drift import require_no_drift
from portal.databases.policies.expand_contract import runs_now
from portal.databases.policies.release_gate import named, processes_that_cannot_serve
from portal.databases.restores.comparison import as_result, compare
from portal.databases.restores.into_empty_target import place_backup, settle_placed
from portal.databases.restores.restore import restore_target
from portal.databases.restores.settle import settle_restore
from portal.databases.restores.undone_runs import with_runs_closed
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import judge, require_fit
from portal.databases.tasks.chosen_backup import backup_for, require_same_revision
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth, job

NOTHING = "Nothing was changed."


@job(
    "databases.check",
    title="Check the database",
    reconcile=lambda _operation: _unchanged(),
    of_this_release=True,
)
def check(progress: Progress, operation: Operation) -> JsonDict:
    target = _target(operation)
    judgement = require_fit(target)
    progress.say(judgement.sentence)
    ahead = target.history.pending(judgement.revision)
    for revision in ahead:
        progress.say(f"Pending: {revision.id} ({revision.phase}): {revision.title}")
    _report_obstacles(target, progress)
    for lease in processes_that_cannot_serve(target, ahead[-1].id) if ahead else []:
        progress.say(f"It can't start while this runs, which can't work with it: {named(lease)}")
    count = f"{len(ahead)} pending" if ahead else "nothing pending"
    return {
        "sentence": f"{target.name} has its identity, at revision {judgement.revision}, {count}."
    }


def _report_obstacles(target: Target, progress: Progress) -> None:
    """What would refuse a change now: reported before the change is prepared."""
    try:
        require_no_drift(target)
        runs_now(target, judge(target).revision)
    except Refused as refusal:
        progress.say(str(refusal))


def _still_catalogued(operation: Operation) -> Truth:
    found = newest_backup(operation.target or "", run=operation.subject)
    if found and operation.started_at and found.taken_at >= operation.started_at:
        return OperationState.DONE, f"Backup {found.name} was taken.", {"backup": found.name}
    return OperationState.FAILED, "Nothing was catalogued.", None


@job("databases.backup", title="Back up and verify", reconcile=_still_catalogued)
def take_backup(progress: Progress, operation: Operation) -> JsonDict:
    taken = backups.take_backup(
        _target(operation),
        reason=str(operation.arguments.get("reason") or "Asked for"),
        by=operation.requested_by,
        progress=progress,
        run=operation.subject,
        purpose=_purpose(operation),
    )
    return {
        "sentence": f"{taken.name}: {len(taken.counts)} tables equal, verified.",
        "backup": taken.name,
    }


@job(
    "databases.rehearse",
    title="Rehearse the change",
    reconcile=lambda _operation: _unchanged(),
    exclusive=True,
)
def rehearse_change(progress: Progress, operation: Operation) -> JsonDict:
    """Rehearse on the backup of the same run, lock the plan, and issue its ticket."""
    target, by = _target(operation), operation.requested_by
    backup = backup_for(operation, target, progress)
    require_same_revision(target, backup)
    rehearsal = rehearse(target, backup, progress=progress)
    plan = seal_plan(target, backup, rehearsal, by=by, run=operation.subject)
    result: JsonDict = {
        "sentence": f"{len(plan.statements)} statements, {len(plan.invariants)} checks passed.",
        "seal": plan.seal,
    }
    if target.is_production:
        result["ticket"] = issue_ticket(plan, by=by).number
    return result


def _outcome_by_journal(operation: Operation) -> Truth:
    """The outcome of the change comes first; a failure to end its maintenance is added."""
    state, sentence, result = _outcome_of_change(operation)
    db.session.commit()
    left = end_of_own_maintenance(operation)
    return state, " ".join(filter(None, (sentence, left))), result


def _outcome_of_change(operation: Operation) -> Truth:
    """An interrupted rollback comes first: until it is settled the identity may not match.

    A committed change is done, whether or not it verifies; one that was rolled back is not.
    """
    change, by = _change_of(operation), operation.requested_by
    ticket = change.ticket if change else None
    result = ticket.outcome if ticket else None
    if change and not (ticket and verification_failure(ticket)):
        result = settle(change, by=by)
        db.session.commit()
    if result is None:
        return OperationState.FAILED, NOTHING, None
    if ticket and (sentence := settle_rollback(ticket, by=by)):
        state = OperationState.FAILED if was_rolled_back(ticket) else OperationState.DONE
        return state, sentence, result
    return OperationState.DONE, f"It was committed: {result['sentence']}", result


@job(
    "databases.migrate", title="Carry out the change", reconcile=_outcome_by_journal, exclusive=True
)
def migrate(progress: Progress, operation: Operation) -> JsonDict:
    target, by = _target(operation), operation.requested_by
    if target.is_production:
        ticket = _ticket_of(operation)
        if ticket is None:
            raise Refused("Production changes only with a ticket.", remedy="Prepare the change.")
        begin_maintenance_if_chosen(operation, ticket, progress)
        try:
            result = change_production(ticket, progress, by=by)
        except BaseException:
            if left := end_of_own_maintenance(operation):
                progress.say(left)
            raise
        left = end_of_own_maintenance(operation)
        return with_sentence(result, left) if left else result
    require_no_drift(target)
    backups.take_backup(
        target, reason="Before a change", by=by, progress=progress, purpose=Purpose.CHANGE
    )
    db.session.commit()
    return migrate_development(target, progress, key=_key(operation), by=by)


@job(
    "databases.verify",
    title="Verify the change",
    reconcile=lambda _operation: _unchanged(),
    of_this_release=True,
)
def verify_change(progress: Progress, operation: Operation) -> JsonDict:
    ticket = _ticket_of(operation)
    if ticket is None or ticket.used_at is None:
        raise Refused("There is nothing to verify: no change was carried out.")
    if not_verified(ticket):
        _verify_last(ticket)
    result = verify(ticket, progress=progress)
    note_verified(ticket)
    return result


def _verify_last(ticket: Ticket) -> None:
    """Verify what could not be verified at its commit; a failure is a result as well."""
    try:
        verify_database(ticket)
    except Refused as failure:
        db.session.rollback()
        record_failure(ticket, failure)
        db.session.commit()
        raise


def _is_restored(operation: Operation) -> Truth:
    backup = backup_named(str(operation.arguments["backup"]))
    result = settle_restore(_target(operation), backup, by=operation.requested_by)
    db.session.commit()
    if result is None:
        sentence = "The database is not what the backup held: either it is as it was before, or"
        return OperationState.FAILED, f"{sentence} people have written since.", None
    result = _closing_runs(operation, result)
    db.session.commit()
    return OperationState.DONE, str(result["sentence"]), result


@job("databases.restore", title="Restore a backup", reconcile=_is_restored, exclusive=True)
def restore(progress: Progress, operation: Operation) -> JsonDict:
    target, backup, text = _asked_for(operation)
    by = operation.requested_by
    result = restore_target(target, backup, text=text, by=by, progress=progress)
    return _closing_runs(operation, result)


@job(
    "databases.compare",
    title="Compare with the backup",
    queue=Queue.QUICK,
    reconcile=lambda _operation: _unchanged(),
)
def compare_with_backup(progress: Progress, operation: Operation) -> JsonDict:
    backup = backup_named(str(operation.arguments["backup"]))
    db.session.commit()
    with progress.step("Count what is there now, and what is newer"):
        losses = compare(_target(operation), backup, progress=progress)
    return as_result(losses, backup)


def _is_placed(operation: Operation) -> Truth:
    target, backup, _ = _asked_for(operation)
    return settle_placed(target, backup, by=operation.requested_by)


@job("databases.place", title="Restore a lost database", reconcile=_is_placed, exclusive=True)
def place(progress: Progress, operation: Operation) -> JsonDict:
    target, backup, text = _asked_for(operation)
    by = operation.requested_by
    result = place_backup(target, backup, text=text, by=by, progress=progress)
    return _closing_runs(operation, result)


def _asked_for(operation: Operation) -> tuple[Target, Backup, str]:
    """The target, the backup that goes into it, and the phrase as it was typed."""
    backup = backup_named(str(operation.arguments["backup"]))
    return _target(operation), backup, str(operation.arguments.get("text", ""))


def _closing_runs(operation: Operation, result: JsonDict) -> JsonDict:
    backup = str(operation.arguments["backup"])
    return with_runs_closed(result, _target(operation), backup, by=operation.requested_by)


def _purpose(operation: Operation) -> Purpose:
    """A run takes a backup because it changes something."""
    otherwise = Purpose.CHANGE if operation.subject else Purpose.ASKED
    return Purpose(operation.arguments.get("purpose") or otherwise)


def _target(operation: Operation) -> Target:
    return target_named(operation.target or "")


def _unchanged() -> Truth:
    return OperationState.FAILED, NOTHING, None


def _ticket_of(operation: Operation) -> Ticket | None:
    if number := operation.arguments.get("ticket"):
        return ticket_numbered(str(number))
    return ticket_of_run(operation.subject) if operation.subject else None


def _key(operation: Operation) -> str:
    return f"operation {operation.uuid}"


def _change_of(operation: Operation) -> Change | None:
    target = _target(operation)
    if not target.is_production:
        return Change(target, _key(operation), target.history.head())
    ticket = _ticket_of(operation)
    return Change(target, ticket.number, ticket.plan.to_revision, ticket) if ticket else None
