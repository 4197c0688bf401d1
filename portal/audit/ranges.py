"""Checking the entries of one range of numbers: what one process does of a verification."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    String,
    bindparam,
    create_engine,
    select,
    type_coerce,
)
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from portal.audit.chain import GENESIS
from portal.audit.entry_checks import fault_of
from portal.audit.models import AuditEntry, AuditPersonal
from portal.core.sqlite import open_sqlite

FETCHED = 1000

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
    """What was found: the chain's value before and after, and the last number that holds."""

    begins: str
    ends: str
    seq: int
    fault: str | None = None
    first_bad: int | None = None


def check_range(connection: Connection, first: int, last: int) -> Range:
    """Check entries `first` to `last`, both included, against the one before `first`."""
    begins = chain = _chain_at(connection, first - 1)
    seq = first - 1
    with closing(_entries(connection, first, last)) as entries:
        for entry, beside in entries:
            if fault := fault_of(entry, seq, chain, beside):
                return Range(begins, chain, seq, fault, min(entry.seq, seq + 1))
            seq, chain = entry.seq, entry.chain
    if seq < last:
        return Range(begins, chain, seq, f"Entry {seq + 1} is missing.", seq + 1)
    return Range(begins, chain, seq)


def check_range_at(url: URL, first: int, last: int) -> Range:
    """The same on a connection of its own that only reads: for a process that has none."""
    if url.get_backend_name() == "sqlite":
        engine = open_sqlite(url, read_only=True)
    else:
        engine = create_engine(url, poolclass=NullPool).execution_options(postgresql_readonly=True)
    with engine.connect() as connection:
        return check_range(connection, first, last)


def _chain_at(connection: Connection, seq: int) -> str:
    """What the entry of this number says; nothing where there is none, which no hash continues."""
    if seq == 0:
        return GENESIS
    return str(connection.scalar(select(_audit.chain).where(_audit.seq == seq)) or "")


def _entries(
    connection: Connection, first: int, last: int
) -> Generator[tuple[Row[Any], list[Row[Any]]]]:
    """Every entry in order, with the personal values kept beside it; memory stays flat."""
    columns = _ON_SQLITE if connection.dialect.name == "sqlite" else _ON_SERVER
    query = select(*columns).where(_audit.seq.between(_FIRST, _LAST)).order_by(_audit.seq)
    options = {"yield_per": FETCHED}
    limits = {"first": first, "last": last}
    with (
        connection.execute(_BESIDE, limits, execution_options=options) as personal,
        connection.execute(query, limits, execution_options=options) as entries,
    ):
        row = next(personal, None)
        for entry in entries:
            beside = []
            while row is not None and row.seq <= entry.seq:
                if row.seq == entry.seq:
                    beside.append(row)
                row = next(personal, None)
            yield entry, beside
