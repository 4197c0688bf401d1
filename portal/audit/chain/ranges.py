"""Verification of the entries in one range of numbers; the unit of work of one process.

It imports neither SQLAlchemy nor the models: a process that starts for a few ranges loads all that
it imports first. Rows are the driver's own tuples.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portal.audit.chain.entry_checks import Entry, Kept, Record, fault_of, records_of
from portal.audit.chain.hashing import GENESIS

FETCHED = 100

_ENTRIES = (
    f"SELECT {', '.join(Entry._fields)} FROM audit"  # noqa: S608
    " WHERE seq BETWEEN {first:d} AND {last:d} ORDER BY seq"
    f" LIMIT {FETCHED + 1}"  # more can only be numbers that are there twice
)
_BESIDE = (
    "SELECT seq, field, salt, value FROM audit_personal"
    " WHERE seq BETWEEN {first:d} AND {last:d} ORDER BY seq"
)
_CHAIN = "SELECT chain FROM audit WHERE seq = {seq:d}"

Ask = Callable[[str], Sequence[Any]]
"""Executes a query in one snapshot, and returns all of its rows."""

Checked = tuple[Entry, Record | None, Sequence[Kept]]
"""An entry, its record if its text is in canonical form, and its stored personal values."""


@dataclass(frozen=True)
class Range:
    """The result: the chain's value before and after, and the last valid entry's number."""

    begins: str
    ends: str
    seq: int
    fault: str | None = None
    first_bad: int | None = None


def check_range(ask: Ask, first: int, last: int) -> Range:
    """Verify entries `first` to `last`, both included, against the one before `first`."""
    begins = ends = _chain_at(ask, first - 1)
    seq = first - 1
    for entry, record, personal in _entries(ask, first, last):
        if fault := fault_of(entry, record, seq, ends, personal):
            return Range(begins, ends, seq, fault, min(entry.seq, seq + 1))
        seq, ends = entry.seq, entry.chain
    if seq < last:
        return Range(begins, ends, seq, f"Entry {seq + 1} is missing.", seq + 1)
    return Range(begins, ends, seq)


def _chain_at(ask: Ask, seq: int) -> str:
    """The chain's value of this entry; empty if it is missing, which no hash continues."""
    if seq == 0:
        return GENESIS
    return "".join(str(chain) for (chain,) in ask(_CHAIN.format(seq=seq)))


def _entries(ask: Ask, first: int, last: int) -> Iterator[Checked]:
    """Every entry in order, in constant memory."""
    for at in range(first, last + 1, FETCHED):
        limits = {"first": at, "last": min(at + FETCHED - 1, last)}
        beside: defaultdict[int, list[Kept]] = defaultdict(list)
        for kept in ask(_BESIDE.format(**limits)):
            beside[kept[0]].append(kept)
        entries = list(map(Entry._make, ask(_ENTRIES.format(**limits))))
        records = records_of([entry.canonical for entry in entries])
        for entry, record in zip(entries, records, strict=True):
            yield entry, record, beside.get(entry.seq, ())
