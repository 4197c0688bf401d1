"""Reading the log."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from portal.audit.models import AuditEntry, AuditHead, AuditPersonal, Outcome, Personal
from portal.core.database import db
from portal.core.errors import NotFound

PAGE = 50


@dataclass(frozen=True)
class Filters:
    """What to show; None shows all. Words match anywhere, without regard to case."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None

    def as_details(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Line:
    """One entry as the page shows it. `personal` lacks what was erased."""

    entry: AuditEntry
    personal: dict[Personal, str] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.entry.canonical))

    @property
    def who(self) -> str:
        return self.personal.get(Personal.NAME) or self.entry.actor_role

    @property
    def words(self) -> str:
        """“login.succeeded” as “login succeeded”."""
        return self.entry.action.replace(".", " ").replace("-", " ")

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The readable details: “before: ops”."""
        details = self.said.get("details") or {}
        return [(key.replace("_", " "), _readable(value)) for key, value in details.items()]


@dataclass(frozen=True)
class ChainState:
    """How long the log is, and what the last verification found."""

    entries: int
    chain: str
    verified: Line | None

    @property
    def holds(self) -> bool | None:
        return self.verified.entry.outcome is Outcome.DONE if self.verified else None

    @property
    def verified_up_to(self) -> int | None:
        return self.verified.said["details"]["entries"] if self.verified else None


def lines(
    filters: Filters, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> list[Line]:
    """Newest first; `before` and `after` are numbers of entries."""
    query = _filtered(filters).order_by(AuditEntry.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    if after is not None:
        query = query.where(AuditEntry.seq > after)
    return _with_personal(list(db.session.scalars(query)))


def line(seq: int) -> Line:
    """Raises NotFound."""
    entry = db.session.get(AuditEntry, seq)
    if entry is None:
        raise NotFound(f"The audit log has no entry {seq}.")
    return _with_personal([entry])[0]


def chain_before(seq: int) -> str | None:
    """The chain's value that this entry continues; None for the first."""
    return db.session.scalar(select(AuditEntry.chain).where(AuditEntry.seq == seq - 1))


def chain_state() -> ChainState:
    head = db.session.execute(select(AuditHead.seq, AuditHead.chain)).one()
    last = lines(Filters(action="audit.verified"), limit=1)
    return ChainState(head.seq, head.chain, last[0] if last else None)


def actions() -> list[str]:
    """The actions that the log knows."""
    query = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
    return list(db.session.scalars(query))


def _filtered(filters: Filters) -> Select[AuditEntry]:
    query = select(AuditEntry)
    if filters.actor:
        query = query.where(_is_actor(filters.actor))
    if filters.action:
        query = query.where(AuditEntry.action.icontains(filters.action, autoescape=True))
    if filters.target:
        query = query.where(AuditEntry.target.icontains(filters.target, autoescape=True))
    if filters.outcome:
        query = query.where(AuditEntry.outcome == filters.outcome)
    if filters.since:
        query = query.where(AuditEntry.at >= filters.since)
    if filters.until:
        query = query.where(AuditEntry.at <= filters.until)
    return query


def _is_actor(words: str) -> Any:
    """By name where it was not erased, or by role."""
    named = select(AuditPersonal.seq).where(
        AuditPersonal.field == Personal.NAME,
        AuditPersonal.value.icontains(words, autoescape=True),
    )
    return AuditEntry.seq.in_(named) | (func.lower(AuditEntry.actor_role) == words.lower())


def _with_personal(entries: list[AuditEntry]) -> list[Line]:
    rows = db.session.scalars(
        select(AuditPersonal).where(AuditPersonal.seq.in_([entry.seq for entry in entries]))
    )
    found: dict[int, dict[Personal, str]] = {}
    for row in rows:
        found.setdefault(row.seq, {})[row.field] = row.value
    return [Line(entry, found.get(entry.seq, {})) for entry in entries]


def _readable(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
