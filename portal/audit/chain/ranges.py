"""Verification of the entries in one range of numbers; the unit of work of one process."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, groupby
from math import inf
from operator import itemgetter

from sqlalchemy import (
    Connection,
    Integer,
    String,
    bindparam,
    create_engine,
    select,
    type_coerce,
)
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from portal.audit.chain.entry_checks import Entry, Kept, fault_of
from portal.audit.chain.hashing import GENESIS
from portal.audit.models import AuditEntry, AuditPersonal
from portal.core.storage.sqlite import open_sqlite

FETCHED = 1000
NONE: tuple[float, Iterator[Kept]] = (inf, iter(()))

_audit, _personal = AuditEntry.__table__.c, AuditPersonal.__table__.c
_FIRST, _LAST = (bindparam(name, type_=Integer()) for name in ("first", "last"))
_PLAIN = {"at", "outcome"}
_ON_SQLITE = [
    type_coerce(column, String).label(column.name) if column.name in _PLAIN else column
    for column in _audit
]
_ON_SERVER = [
    type_coerce(column, String).label(column.name) if column.name == "outcome" else column
    for column in _audit
]
_BESIDE = (
    select(
        _personal.seq,
        type_coerce(_personal.field, String).label("field"),
        _personal.salt,
        _personal.value,
    )
    .where(_personal.seq.between(_FIRST, _LAST))
    .order_by(_personal.seq)
)


@dataclass(frozen=True)
class Range:
    """The result: the chain's value before and after, and the last valid entry's number."""

    begins: str
    ends: str
    seq: int
    fault: str | None = None
    first_bad: int | None = None


def check_range(connection: Connection, first: int, last: int) -> Range:
    """Verify entries `first` to `last`, both included, against the one before `first`."""
    begins = ends = _chain_at(connection, first - 1)
    seq = first - 1
    with closing(_entries(connection, first, last)) as entries:
        for entry, personal in entries:
            if fault := fault_of(entry, seq, ends, personal):
                return Range(begins, ends, seq, fault, min(entry.seq, seq + 1))
            seq, ends = entry.seq, entry.chain
    if seq < last:
        return Range(begins, ends, seq, f"Entry {seq + 1} is missing.", seq + 1)
    return Range(begins, ends, seq)


def check_range_at(url: URL, first: int, last: int) -> Range:
    """The same on its own read-only connection: for a child process."""
    if url.get_backend_name() == "sqlite":
        engine = open_sqlite(url, read_only=True)
    else:
        engine = create_engine(url, poolclass=NullPool).execution_options(postgresql_readonly=True)
    with engine.connect() as connection:
        return check_range(connection, first, last)


def _chain_at(connection: Connection, seq: int) -> str:
    """The chain's value of this entry; empty if it is missing, which no hash continues."""
    if seq == 0:
        return GENESIS
    return str(connection.scalar(select(_audit.chain).where(_audit.seq == seq)) or "")


def _entries(connection: Connection, first: int, last: int) -> Generator[tuple[Entry, list[Kept]]]:
    """Every entry in order, with its stored personal values, in constant memory."""
    columns = _ON_SQLITE if connection.dialect.name == "sqlite" else _ON_SERVER
    query = select(*columns).where(_audit.seq.between(_FIRST, _LAST)).order_by(_audit.seq)
    options, limits = {"yield_per": FETCHED}, {"first": first, "last": last}
    with (
        connection.execute(_BESIDE, limits, execution_options=options) as kept,
        connection.execute(query, limits, execution_options=options) as entries,
    ):
        rows = groupby(chain.from_iterable(kept.partitions()), key=itemgetter(0))
        number, group = next(rows, NONE)
        for entry in map(Entry._make, chain.from_iterable(entries.partitions())):
            while number < entry.seq:
                number, group = next(rows, NONE)
            yield entry, list(group) if number == entry.seq else []
