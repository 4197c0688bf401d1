"""Queries for pages of the log."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select

from portal.audit.models import AuditEntry, AuditHead, Outcome, Personal
from portal.audit.reading.find import WITH_PERSONAL, Filters, find_entries
from portal.audit.reading.indexes import known_values
from portal.audit.reading.sentences import sentence_of
from portal.core.errors import NotFound
from portal.core.storage.database import db

PAGE = 50


@dataclass(frozen=True)
class Line:
    """One entry as the page shows it. `personal` lacks erased values."""

    entry: AuditEntry

    @cached_property
    def personal(self) -> dict[Personal, str]:
        return {each.field: each.value for each in self.entry.personal}

    @cached_property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.entry.canonical))

    @property
    def who(self) -> str:
        return self.personal.get(Personal.NAME) or self.entry.actor_role

    @property
    def sentence(self) -> str:
        return sentence_of(self.entry.action, self.entry.outcome, self.said)

    @property
    def run(self) -> int | None:
        """The number of the run that it belongs to."""
        return _run_of(self.said)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The details for display: “before: ops”."""
        details = self.said.get("details") or {}
        return [(key.replace("_", " "), _readable(value)) for key, value in details.items()]


@dataclass(frozen=True)
class LineGroup:
    """Entries of one run in a row, the newest first; or a single entry."""

    lines: list[Line]

    @property
    def first(self) -> Line:
        return self.lines[0]


def grouped(found: Iterable[Line]) -> list[LineGroup]:
    groups: list[LineGroup] = []
    for each in found:
        if groups and each.run is not None and groups[-1].first.run == each.run:
            groups[-1].lines.append(each)
        else:
            groups.append(LineGroup([each]))
    return groups


@dataclass(frozen=True)
class EntrySummary:
    """A summary of one entry."""

    seq: int
    at: datetime
    action: str
    outcome: Outcome
    target: str | None
    role: str
    name: str | None
    canonical: str

    @property
    def who(self) -> str:
        return self.name or self.role

    @property
    def sentence(self) -> str:
        return sentence_of(self.action, self.outcome, json.loads(self.canonical))

    @property
    def run(self) -> int | None:
        """The number of the run that it belongs to."""
        return _run_of(json.loads(self.canonical))


@dataclass(frozen=True)
class ChainState:
    """The log's length, and the result of the last verification."""

    entries: int
    chain: str
    verified: Line | None

    @property
    def holds(self) -> bool | None:
        return self.verified.entry.outcome is Outcome.DONE if self.verified else None

    @property
    def verified_up_to(self) -> int | None:
        return self.verified.said["details"]["entries"] if self.verified else None


@dataclass(frozen=True)
class Lines:
    """A part of the log, newest first.

    `older`: more entries may exist before this number. `looked_to`: where the search stopped
    without a result.
    """

    shown: list[Line]
    older: int | None = None
    looked_to: int | None = None


def lines(
    filters: Filters, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> Lines:
    """`before` and `after` are numbers of entries."""
    found = find_entries(filters, before=before, after=after, limit=limit + 1)
    shown = [Line(entry) for entry in found.entries[:limit]]
    older = shown[-1].entry.seq if len(found.entries) > limit else found.looked_to
    return Lines(shown, older, found.looked_to)


def line(seq: int) -> Line:
    """Raises NotFound."""
    entry = db.session.get(AuditEntry, seq, options=[WITH_PERSONAL])
    if entry is None:
        raise NotFound(f"The audit log has no entry {seq}.")
    return Line(entry)


def chain_before(seq: int) -> str | None:
    """The chain's value before this entry; None for the first."""
    return db.session.scalar(select(AuditEntry.chain).where(AuditEntry.seq == seq - 1))


def chain_state() -> ChainState:
    head = db.session.execute(select(AuditHead.seq, AuditHead.chain)).one()
    verified = select(AuditEntry).where(AuditEntry.action == "audit.verified")
    verified = verified.options(WITH_PERSONAL).order_by(AuditEntry.seq.desc()).limit(1)
    last = db.session.scalars(verified).unique().one_or_none()
    return ChainState(head.seq, head.chain, Line(last) if last else None)


def actions() -> list[str]:
    """The actions that occur in the log."""
    return known_values(AuditEntry.action)


def _run_of(said: dict[str, Any]) -> int | None:
    number = (said.get("details") or {}).get("run")
    return number if isinstance(number, int) else None


def _readable(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
