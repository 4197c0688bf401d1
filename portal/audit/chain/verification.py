"""Verification of the log: finds the first entry that was changed.

The chain detects every manual change to this database, but not a rewrite of the whole chain; a
checkpoint stored outside of the machine does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL

from portal.audit.actor import Actor
from portal.audit.chain.asking import asking
from portal.audit.chain.checkpoint import Checkpoint, why_not_kept
from portal.audit.chain.entry_checks import chain_broken
from portal.audit.chain.hashing import GENESIS
from portal.audit.chain.range_process import Place, check_ranges
from portal.audit.chain.ranges import Range, check_range
from portal.audit.chain.trigger_check import trigger_faults
from portal.audit.models import AuditEntry, AuditHead, AuditPersonal, Outcome
from portal.audit.service import record
from portal.core.configuration.settings import sqlite_path
from portal.core.storage.database import db, reading

RANGE = 10_000
"""Entries per unit of work of a child process; a shorter log is verified in this process."""

PROCESSES = 2

START = Checkpoint(0, GENESIS)

Advance = Callable[[int, int, str], None]
"""Called with the number of verified entries, the total, and the chain's value there."""


@dataclass(frozen=True)
class Verification:
    """The result. `first_bad` is the number of the first bad entry, if the fault is in an entry."""

    entries: int
    chain: str
    fault: str | None = None
    first_bad: int | None = None


@dataclass(frozen=True)
class _Extent:
    """The extent of the log: its head, first and last entries, and personal values, at
    one moment."""

    head: int | None
    chain: str | None
    first: int | None
    last: int | None
    first_beside: int | None
    last_beside: int | None


def verify_log(
    checkpoint: Checkpoint | None = None,
    *,
    after: Checkpoint | None = None,
    advance: Advance = lambda _done, _total, _chain: None,
) -> Verification:
    """Verify every entry, the chain, the head and the triggers, up to the log's current end.

    With a `checkpoint`, also that the log still contains what it did then. `after`: where an
    interrupted verification of this log stopped; it is continued from there. An exception of
    `advance` ends it.
    """
    db.session.rollback()
    with reading(), db.engines["ops"].connect() as connection:
        result = _verify(connection, after or START, advance)
        if checkpoint and not result.fault:
            result = replace(result, fault=why_not_kept(connection, checkpoint))
    return result


def record_verification(result: Verification, *, by: Actor) -> None:
    """Record that the log was verified. The caller commits."""
    record(
        "audit.verified",
        by=by,
        outcome=Outcome.FAILED if result.fault else Outcome.DONE,
        details={"entries": result.entries, "chain": result.chain, "first_bad": result.first_bad},
        reason=result.fault,
    )


def _verify(connection: Connection, after: Checkpoint, advance: Advance) -> Verification:
    extent = _extent(connection)
    first, last = extent.first or 0, extent.last or 0
    if first < 1 and extent.first is not None:
        return Verification(0, GENESIS, f"Entry {first} is out of turn.", first)
    if after.entries > last:  # the log was replaced or truncated since
        after = START
    seq, chain = after.entries, after.chain
    for part in _parts(connection, seq + 1, last):
        if part.begins != chain:
            return Verification(seq, chain, chain_broken(seq + 1, seq), seq + 1)
        seq, chain = part.seq, part.ends
        if part.fault:
            return Verification(seq, chain, part.fault, part.first_bad)
        advance(seq, last, chain)
    fault, first_bad = _head_fault(extent, seq, chain)
    fault = fault or _stray_fault(connection, extent, seq)
    if fault is None and (faults := trigger_faults(connection)):
        fault = f"All {seq} entries hold, but the log is unguarded: {'; '.join(faults)}."
    return Verification(seq, chain, fault, first_bad)


def _extent(connection: Connection) -> _Extent:
    """One statement, so that nothing is appended in between."""
    seq, kept = AuditEntry.__table__.c.seq, AuditPersonal.__table__.c.seq
    head, edges = AuditHead.__table__.c, (func.min, func.max)
    parts = [
        *(select(column).where(head.id == 1) for column in (head.seq, head.chain)),
        *(select(edge(column)) for column in (seq, kept) for edge in edges),
    ]
    row = connection.execute(select(*(part.scalar_subquery() for part in parts))).one()
    return _Extent(*row)


def _parts(connection: Connection, first: int, last: int) -> Iterator[Range]:
    """Every range in order; two processes verify a long log in parallel."""
    ranges = [(at, min(at + RANGE - 1, last)) for at in range(first, last + 1, RANGE)]
    if len(ranges) <= PROCESSES:
        yield from (check_range(asking(connection), *each) for each in ranges)
        return
    connection.rollback()  # each process has its own connection; release this snapshot
    yield from check_ranges(_place_of(connection.engine.url), ranges, processes=PROCESSES)


def _place_of(url: URL) -> Place:
    file = sqlite_path(url)
    return (str(file), True) if file else (url.render_as_string(hide_password=False), False)


def _head_fault(extent: _Extent, seq: int, chain: str) -> tuple[str | None, int | None]:
    """Compares the head with the entries, which detects truncation."""
    if extent.head is None:
        return "The head of the log is missing.", None
    if extent.head > seq:
        number = seq + 1
        return f"Entry {number} and all after it are missing: there were {extent.head}.", number
    if extent.head < seq:
        number = extent.head + 1
        return f"Entry {number} was added by hand: the head knows {extent.head}.", number
    if extent.chain != chain:
        return f"Entry {seq} is not the one that the head of the log knows.", seq
    return None, None


def _stray_fault(connection: Connection, extent: _Extent, entries: int) -> str | None:
    """A personal value of a nonexistent entry, which no commitment covers."""
    for number in (extent.first_beside, extent.last_beside):
        if number is not None and not 1 <= number <= entries:
            kept = AuditPersonal.__table__.c
            field = connection.scalar(select(kept.field).where(kept.seq == number).limit(1))
            return (
                f"The {field} kept beside entry {number} belongs to no entry: there are {entries}."
            )
    return None
