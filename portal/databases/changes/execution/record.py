"""The record in ops of a change that ended."""

from collections.abc import Sequence

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import Conflict, Refused
from portal.core.storage.database import JsonDict
from portal.databases.changes.execution.change import Applied, Change
from portal.databases.changes.journal import Entry
from portal.databases.changes.models import Ticket
from portal.databases.changes.tickets import mark_used
from portal.databases.migrations.applied import note_move
from portal.databases.targets.registry import note_state


def record_applied(
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
    record_end(change, Outcome.DONE, by, reason, unnamed=applied.unnamed or [])
    return result


def _with_unnamed(sentence: str, applied: Applied, ticket: Ticket | None) -> str:
    if not applied.unnamed:
        return sentence
    why = f" The reason given: {ticket.objects_reason}" if ticket else ""
    said = " ".join(each["sentence"] for each in applied.unnamed)
    return f"{sentence} No operation of a revision names this: {said}{why}"


def record_end(
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


def outcome_of(error: BaseException) -> Outcome:
    return Outcome.REFUSED if isinstance(error, Refused | Conflict) else Outcome.FAILED
