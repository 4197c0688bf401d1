"""Does the log still say what was recorded? Finds the first entry that does not.

The chain shows every change made by hand to this database. It proves nothing against somebody who
writes the whole chain anew; a checkpoint that left the machine does.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select

from portal.audit.actor import Actor
from portal.audit.canonical import canonical, moment
from portal.audit.chain import GENESIS, commitment, leaf_of, link
from portal.audit.checkpoint import Checkpoint, why_not_kept
from portal.audit.models import AuditEntry, AuditHead, AuditPersonal, Outcome
from portal.audit.service import record
from portal.audit.trigger_check import trigger_faults
from portal.core.database import db, reading

BATCH = 500

Entry = Row[Any]
Beside = dict[int, list[Row[Any]]]


@dataclass(frozen=True)
class Verification:
    """What was found. `first_bad` is the number of the first bad entry, if it is one entry's."""

    entries: int
    chain: str
    fault: str | None = None
    first_bad: int | None = None


def verify_log(checkpoint: Checkpoint | None = None) -> Verification:
    """Check every entry, the chain, the head and the triggers, in one reading transaction.

    With a checkpoint also that the log still holds what it held then.
    """
    db.session.rollback()
    with reading():
        result = _verify()
        if checkpoint and not result.fault:
            fault = why_not_kept(db.session.connection(_ops()), checkpoint)
            result = replace(result, fault=fault)
        db.session.rollback()
    return result


def record_verification(result: Verification, *, by: Actor) -> None:
    """Verifying is an event too. The caller commits."""
    record(
        "audit.verified",
        by=by,
        outcome=Outcome.FAILED if result.fault else Outcome.DONE,
        details={
            "entries": result.entries,
            "chain": result.chain,
            "first_bad": result.first_bad,
        },
        reason=result.fault,
    )


def _verify() -> Verification:
    seq, chain = 0, GENESIS
    for entry, beside in _entries():
        fault = _fault(entry, seq, chain, beside)
        if fault:
            return Verification(seq, chain, fault, min(entry.seq, seq + 1))
        seq, chain = entry.seq, entry.chain
    fault, first_bad = _head_fault(seq, chain)
    fault = fault or _stray_fault(seq)
    if fault is None and (faults := trigger_faults(db.session.connection(_ops()))):
        fault = f"All {seq} entries hold, but the log is unguarded: {'; '.join(faults)}."
    return Verification(seq, chain, fault, first_bad)


def _ops() -> dict[str, Any]:
    return {"mapper": AuditEntry.__mapper__}


def _entries() -> Iterator[tuple[Entry, list[Row[Any]]]]:
    """Every entry in order, with the personal values kept beside it."""
    last = None
    while True:
        query = select(*AuditEntry.__table__.columns).order_by(AuditEntry.seq).limit(BATCH)
        batch = db.session.execute(
            query if last is None else query.where(AuditEntry.seq > last), bind_arguments=_ops()
        ).all()
        if not batch:
            return
        beside = _beside(batch[0].seq, batch[-1].seq)
        for entry in batch:
            yield entry, beside.get(entry.seq, [])
        last = batch[-1].seq


def _beside(first: int, last: int) -> Beside:
    query = select(*AuditPersonal.__table__.columns).where(
        AuditPersonal.seq >= first, AuditPersonal.seq <= last
    )
    found: Beside = {}
    for row in db.session.execute(query, bind_arguments=_ops()):
        found.setdefault(row.seq, []).append(row)
    return found


def _fault(entry: Entry, before: int, chain: str, beside: list[Row[Any]]) -> str | None:
    """What is wrong with an entry, in one sentence, or None."""
    said = _parsed(entry.canonical)
    return (
        _turn_fault(entry.seq, before)
        or _record_fault(entry, said)
        or _chain_fault(entry, before, chain)
        or _index_fault(entry, said or {})
        or _personal_fault(entry, said or {}, beside)
    )


def _turn_fault(seq: int, before: int) -> str | None:
    if seq == before + 1:
        return None
    return f"Entry {before + 1} is missing." if seq > before else f"Entry {seq} is out of turn."


def _record_fault(entry: Entry, said: dict[str, Any] | None) -> str | None:
    seq = entry.seq
    if said is None:
        return f"Entry {seq} is not a record in canonical form: its text was changed."
    if said.get("seq") != seq:
        return f"Entry {seq} holds the record of entry {said.get('seq')}."
    if leaf_of(entry.canonical) != entry.leaf:
        return f"The record of entry {seq} was changed: its hash is not the one it was given."
    return None


def _chain_fault(entry: Entry, before: int, chain: str) -> str | None:
    if link(chain, entry.leaf) == entry.chain:
        return None
    return f"Entry {entry.seq} does not continue entry {before}: one of the two was replaced."


def _parsed(text: str) -> dict[str, Any] | None:
    """The record, if this is the one text that stands for it."""
    try:
        said = json.loads(text)
        return said if isinstance(said, dict) and canonical(said) == text else None
    except ValueError:
        return None


def _index_fault(entry: Entry, said: dict[str, Any]) -> str | None:
    """The first index column that is not what the record says."""
    actor = said.get("actor") or {}
    expected = {
        "time": (moment(entry.at), said.get("at")),
        "actor": (entry.actor_id, actor.get("id")),
        "role": (entry.actor_role, actor.get("role")),
        "action": (entry.action, said.get("action")),
        "outcome": (entry.outcome, said.get("outcome")),
        "target": (entry.target, said.get("target")),
    }
    for name, (column, words) in expected.items():
        if column != words:
            return f"Entry {entry.seq} is listed with another {name} than it records."
    return None


def _personal_fault(entry: Entry, said: dict[str, Any], beside: list[Row[Any]]) -> str | None:
    """The first personal value that breaks its commitment. One that is gone was erased."""
    promised = said.get("personal") or {}
    for row in beside:
        if not _is_promised(promised.get(row.field), row):
            return f"The {row.field} kept beside entry {entry.seq} is not the one it recorded."
    return None


def _is_promised(promise: object, row: Row[Any]) -> bool:
    """What was written by hand may hold anything."""
    are_whole = isinstance(row.salt, bytes) and isinstance(row.value, str)
    return are_whole and promise == commitment(row.salt, row.value)


def _stray_fault(entries: int) -> str | None:
    """A personal value beside an entry that was never made."""
    outside = (AuditPersonal.seq < 1) | (AuditPersonal.seq > entries)
    query = select(AuditPersonal.seq, AuditPersonal.field).where(outside)
    row = db.session.execute(query.order_by(AuditPersonal.seq).limit(1)).first()
    if row is None:
        return None
    return f"The {row.field} kept beside entry {row.seq} belongs to no entry: there are {entries}."


def _head_fault(seq: int, chain: str) -> tuple[str | None, int | None]:
    """What the head says against the entries: a tail that was cut off shows here."""
    columns = (AuditHead.seq, AuditHead.chain)
    head = db.session.execute(select(*columns)).one_or_none()
    if head is None:
        return "The head of the log is missing.", None
    if head.seq > seq:
        return f"Entry {seq + 1} and all after it are missing: there were {head.seq}.", seq + 1
    if head.seq < seq:
        return f"Entry {head.seq + 1} was added by hand: the head knows {head.seq}.", head.seq + 1
    if head.chain != chain:
        return f"Entry {seq} is not the one that the head of the log knows.", seq
    return None, None
