"""Carrying out a change: lock, look again, upgrade, compare, journal, commit.

The directory and ops are two databases, so nothing is atomic across both: the intent is recorded
first, then the change with its journal entry is committed, then the outcome is recorded. What
stands in the journal decides, whatever happened in between.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import Conflict, PortalError, Refused, Unavailable
from portal.core.storage.database import JsonDict, db, reading
from portal.core.storage.sqlite import Door
from portal.databases.backups.integrity import require_whole
from portal.databases.changes.journal import Entry, entry, require_new, write_entry
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.changes.tickets import mark_used, require_approved
from portal.databases.engines import engine_for
from portal.databases.engines.base import Busy, first_line
from portal.databases.migrations.applied import note_move
from portal.databases.migrations.commands import upgrade
from portal.databases.migrations.history import current_revision
from portal.databases.migrations.invariants.measure import Measured
from portal.databases.migrations.objects.comparing import Loss
from portal.databases.migrations.objects.plan import require_no_more
from portal.databases.migrations.objects.watching import watching
from portal.databases.migrations.sql import Sql
from portal.databases.migrations.statements import each_statement, label
from portal.databases.policies.drift import require_no_drift
from portal.databases.policies.overrides import use_overrides
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import judge
from portal.databases.targets.registry import note_state, telling_ops
from portal.jobs.operations.progress import Interrupted, Progress

BACK_OFF = (0.5, 2.0, 5.0)
"""Seconds between tries while a table that has to change stays locked."""


@dataclass(frozen=True)
class Change:
    """One change to be carried out. `key` names it in the journal; only production has a ticket."""

    target: Target
    key: str
    to_revision: str
    ticket: Ticket | None = None

    @property
    def plan(self) -> Plan | None:
        return self.ticket.plan if self.ticket else None

    @property
    def seal(self) -> str:
        return self.ticket.seal if self.ticket else ""

    @property
    def codes(self) -> dict[str, str]:
        """The digest of each revision's code as it was rehearsed: the files are the sealed ones."""
        planned = self.plan.revisions if self.plan else []
        return {each["id"]: each["code"] for each in planned if each.get("code")}


@dataclass(frozen=True)
class Applied:
    """What was committed. `unnamed`: the objects that went or changed without an operation that
    names them; None where it is found only later, in the journal."""

    from_revision: str | None
    to_revision: str
    seconds: float
    invariants: Measured
    rows: dict[str, int]
    schema_digest: str
    schema_objects: dict[str, str]
    unnamed: list[JsonDict] | None = None

    def as_json(self, sentence: str) -> JsonDict:
        return {
            "sentence": sentence,
            "from": self.from_revision,
            "to": self.to_revision,
            "seconds": round(self.seconds, 3),
            "invariants": self.invariants,
            "rows": self.rows,
            "schema_digest": self.schema_digest,
            "unnamed": self.unnamed,
        }


def migrate_production(ticket: Ticket, progress: Progress, *, by: Actor) -> JsonDict:
    """Carry out the plan of an approved ticket.

    Raises Refused, Conflict or Unavailable, and then nothing was changed: neither without both
    confirmations, nor without the verified backup and the rehearsal that the plan was locked over.
    """
    target = target_named(ticket.plan.target)
    change = Change(target, ticket.number, ticket.plan.to_revision, ticket)
    is_new = ticket.state is not TicketState.USED
    if is_new and stands_in_journal(ticket) and (result := settle(change, by=by)):
        return result
    require_approved(ticket)
    require_whole(ticket.plan.backup)
    return _carry_out(change, progress, by=by)


def migrate_development(target: Target, progress: Progress, *, key: str, by: Actor) -> JsonDict:
    """Bring a development database to head: checked, backed up by the caller, no ceremony."""
    if target.is_production:
        raise Refused(f"{target.name} is changed by its plan and its ticket only.")
    return _carry_out(Change(target, key, target.history.head()), progress, by=by)


def settle(change: Change, *, by: Actor) -> JsonDict | None:
    """After a crash: what was committed, with the control room's record brought up; else None.

    It waits for the target's lock: a process that outlived its worker is not yet decided. Commits
    what is open; the caller commits what it records; asking again changes nothing. Raises Refused
    while another database stands at the target's address: its journal knows nothing of this change.
    """
    db.session.commit()  # ops stays free while whoever holds the target's lock is waited for
    with reading(), engine_for(change.target.url).changing() as connection:
        _require_identity(change.target, connection)
        found = entry(connection, change.key)
        schema = _schema(change.target, connection)
        rows = engine_for(change.target.url).count_rows(connection)
    db.session.rollback()
    if change.ticket and change.ticket.state is TicketState.USED:
        return change.ticket.outcome
    if found is None or found.plan != change.seal:  # a number that another ops database gave out
        _record_end(change, Outcome.FAILED, by, "It was cut short; nothing was changed.")
        return None
    applied = Applied(found.from_revision, found.to_revision, 0.0, [], rows, *schema)
    return _record_applied(change, applied, by=by, late=found)


def stands_in_journal(ticket: Ticket) -> Entry | None:
    """The journal's entry of this ticket's plan, where the database is at the plan's revision.

    None as well where the database does not answer, or is another one.
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
    """Bring the control room's record up to what the journal says; the caller commits."""
    if ticket.state is TicketState.USED:
        return ticket.outcome
    change = Change(target_named(ticket.plan.target), ticket.number, found.to_revision, ticket)
    with engine_for(change.target.url).reading() as connection:
        rows = engine_for(change.target.url).count_rows(connection)
        schema = _schema(change.target, connection)
    applied = Applied(found.from_revision, found.to_revision, 0.0, [], rows, *schema)
    return _record_applied(change, applied, by=by, late=found)


def _came_through(change: Change) -> bool:
    """Whether the error came after COMMIT, by the journal. Raises Interrupted if it is silent."""
    try:
        with reading(), engine_for(change.target.url).reading() as connection:
            found = entry(connection, change.key)
    except (DBAPIError, OSError) as error:
        raise Interrupted("The database does not say what became of the change.") from error
    return found is not None and found.plan == change.seal


def _carry_out(change: Change, progress: Progress, *, by: Actor) -> JsonDict:
    contracts = change.plan is None or change.plan.contracts
    refuse_unless_served(change.target, change.to_revision, contracts=contracts)
    _require_identity(change.target)
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
            applied = _apply_patiently(change, progress)
    except Interrupted:
        raise  # like any unexpected end: `settle` reads what happened, and records it
    except PortalError as error:
        db.session.rollback()
        if isinstance(error, Unavailable) and _came_through(change):
            raise Interrupted(
                "The database failed right after the change was committed."
            ) from error
        _record_end(change, _outcome_of(error), by, str(error))
        db.session.commit()
        raise
    db.session.rollback()
    with telling_ops():
        return _record_applied(change, applied, by=by)


def _apply_patiently(change: Change, progress: Progress) -> Applied:
    """Give way to whoever holds a table for long, so that the site answers, and try again."""
    for pause in BACK_OFF:
        try:
            return _apply(change, progress)
        except Busy as busy:
            progress.say(f"{busy.sentence} Trying again in {pause:g} seconds.")
        time.sleep(pause)
        progress.check_alive()
    return _apply(change, progress)


def _apply(change: Change, progress: Progress) -> Applied:
    """All of it in one transaction under the writer's lock, committed as the block ends."""
    engine = engine_for(change.target.url)
    started = time.monotonic()
    with _one_sentence(change.target), engine.changing(Door.CHANGE) as connection:
        require_new(connection, change.key)
        require_no_drift(change.target, connection)
        before = current_revision(connection)
        if not change.target.history.pending(before, change.to_revision):
            raise Conflict(f"{change.target.name} is at {before}; nothing is pending.")
        bar = _Bar(change.plan, progress)
        with (
            each_statement(connection, bar.count, asked=bar.compare),
            watching(connection) as objects,
        ):
            measured = upgrade(
                connection, change.to_revision, target=change.target, ticket=change.ticket
            )
        unnamed = _approved(change, objects.losses, progress)
        rows, schema = engine.count_rows(connection), _schema(change.target, connection)
        if change.ticket is None:  # with one, the guard has entered it
            write_entry(
                connection,
                change.key,
                plan=change.seal,
                from_revision=before,
                to_revision=change.to_revision,
            )
        progress.say(f"{len(measured)} checks passed; committing.")
        progress.check_alive()
    seconds = time.monotonic() - started
    return Applied(before, change.to_revision, seconds, measured, rows, *schema, unnamed)


def _approved(change: Change, losses: list[Loss], progress: Progress) -> list[JsonDict]:
    """What went or changed that no operation names: with a plan, no more than it says. Raises
    Refused; without a plan nobody approves anything, and it is only said."""
    if change.plan:
        require_no_more(change.plan.objects, losses)
    for each in losses:
        progress.say(f"No operation names it: {each.sentence}")
    return [each.json for each in losses]


class _Bar:
    """What passes by while a change runs: its statements, and the promises compared around them."""

    def __init__(self, plan: Plan | None, progress: Progress) -> None:
        self._progress = progress
        self._done, self._total = 0, len(plan.statements) if plan else 0

    def count(self, statement: str, _understood: Sql) -> None:
        self._done += 1
        self._show(label(statement))

    def compare(self, words: str) -> None:
        self._show(label(f"Compare: {words}"))

    def _show(self, text: str) -> None:
        total = max(self._total, self._done) if self._total else 0  # without a plan nobody knows
        self._progress.advance(self._done, total, text)


def _require_identity(target: Target, connection: Connection | None = None) -> None:
    judgement = judge(target, connection=connection)
    if not judgement.fits:
        raise Refused(judgement.sentence, remedy=judgement.remedy)


def _schema(target: Target, connection: Connection) -> tuple[str, dict[str, str]]:
    engine = engine_for(target.url)
    return engine.schema_digest(connection), engine.schema_objects(connection)


@contextmanager
def _one_sentence(target: Target) -> Iterator[None]:
    """Turn what the engine says into a sentence; the transaction was rolled back by then."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:  # perhaps during COMMIT, which may have come through
            raise Interrupted("The connection to the database was lost.") from error
        raise Unavailable(
            f"{target.name} could not be changed: {first_line(error)} Nothing was changed.",
            remedy="Fix the cause, then carry the change out again.",
        ) from error


def _record_applied(
    change: Change, applied: Applied, *, by: Actor, late: Entry | None = None
) -> JsonDict:
    note_state(
        change.target.name,
        revision=applied.to_revision,
        schema_digest=applied.schema_digest,
        schema_objects=applied.schema_objects,
    )
    note_move(change.target, applied.from_revision, applied.to_revision, codes=change.codes)
    sentence = f"{change.target.name} is at {applied.to_revision}."
    result = applied.as_json(_with_unnamed(sentence, applied, change.ticket))
    if change.ticket:
        result["objects_reason"] = change.ticket.objects_reason
        mark_used(change.ticket, outcome=result)
    reason = f"Found in the journal, committed {late.at}." if late else None
    _record_end(change, Outcome.DONE, by, reason, unnamed=applied.unnamed or [])
    return result


def _with_unnamed(sentence: str, applied: Applied, ticket: Ticket | None) -> str:
    if not applied.unnamed:
        return sentence
    why = f" The reason given: {ticket.objects_reason}" if ticket else ""
    said = " ".join(each["sentence"] for each in applied.unnamed)
    return f"{sentence} No operation of a revision names this: {said}{why}"


def _record_end(
    change: Change,
    outcome: Outcome,
    by: Actor,
    reason: str | None,
    *,
    unnamed: Sequence[JsonDict] = (),
) -> None:
    objects = {"objects": "; ".join(each["sentence"] for each in unnamed)} if unnamed else {}
    record(
        "migration.finished",
        change.key,
        by=by,
        outcome=outcome,
        target=change.target.name,
        details={"to": change.to_revision, "seal": change.seal, **objects},
        reason=reason,
    )


def _outcome_of(error: BaseException) -> Outcome:
    return Outcome.REFUSED if isinstance(error, Refused | Conflict) else Outcome.FAILED
