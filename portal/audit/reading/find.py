"""Filtered queries of the log, at a cost that does not grow with the log.

If one filter is selective, its index finds all matches. Otherwise only the newest entries are
examined, and the result says how far back that went.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import joinedload

from portal.audit.models import AuditEntry, AuditPersonal, Outcome
from portal.audit.reading.indexes import (
    IS_NAME,
    Way,
    newest_of,
    shortest,
    way_of_actor,
    way_of_words,
)
from portal.core.storage.database import db

LOOKED_AT = 5000
"""Entries that a query examines if no index narrows it down."""

WITH_PERSONAL = joinedload(AuditEntry.personal)

_NEWEST = (
    select(AuditEntry)
    .order_by(AuditEntry.seq.desc())
    .limit(bindparam("limit"))
    .options(WITH_PERSONAL)
)

Fits = list[ColumnElement[bool]]


@dataclass(frozen=True)
class Filters:
    """The filter; None means all. Words match anywhere, case-insensitively."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None

    def as_details(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value is not None}

    @property
    def by_time(self) -> bool:
        """Whether to order by time, which differs from the order of numbers if a clock
        went back."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True)
class FoundEntries:
    """Entries, newest first. `looked_to`: where the search stopped before it had found enough."""

    entries: list[AuditEntry]
    looked_to: int | None = None


def find_entries(
    filters: Filters, *, limit: int, before: int | None = None, after: int | None = None
) -> FoundEntries:
    """At most `limit` entries, with numbers lower than `before` and higher than `after`."""
    if filters == Filters() and before is None and after is None:
        return FoundEntries(list(db.session.scalars(_NEWEST, {"limit": limit}).unique()))
    ways, between = _ways(filters), _between(filters, before, after)
    if [] in ways:  # no entry matches a word
        return FoundEntries([])
    usable, fits = [way for way in ways if way], [*between, *_words_fit(filters)]
    if way := shortest(usable, LOOKED_AT):
        all_of_it = newest_of(way, LOOKED_AT).c.seq
        return FoundEntries(_read(filters, [*fits, AuditEntry.seq.in_(select(all_of_it))], limit))
    if len(usable) == len(ways) == 1 and not filters.by_time and after is None:
        newest = newest_of(usable[0], limit, before).c.seq
        return FoundEntries(_read(filters, [AuditEntry.seq.in_(select(newest))], limit))
    return _look(filters, between, fits, limit)


def _look(filters: Filters, between: Fits, fits: Fits, limit: int) -> FoundEntries:
    """Examine only the newest entries; reports how far back if they were not enough."""
    looked = select(AuditEntry.seq).where(*between).order_by(*_order(filters))
    last = db.session.scalar(looked.limit(1).offset(LOOKED_AT - 1))
    if last is None:
        return FoundEntries(_read(filters, fits, limit))
    among: ColumnElement[bool]
    if filters.by_time:
        among = AuditEntry.seq.in_(select(looked.limit(LOOKED_AT).subquery().c.seq))
    else:  # a range is read in order, only until enough are found
        among = AuditEntry.seq >= last
    entries = _read(filters, [*fits, among], limit)
    return FoundEntries(entries, last if len(entries) < limit else None)


def _ways(filters: Filters) -> list[Way | None]:
    """The index lookup for each filter by value; None if it matches too many values."""
    ways: list[Way | None] = []
    if filters.actor:
        ways.append(way_of_actor(filters.actor))
    if filters.action:
        ways.append(way_of_words(AuditEntry.action, filters.action))
    if filters.target:
        ways.append(way_of_words(AuditEntry.target, filters.target))
    if filters.outcome:
        ways.append([select(AuditEntry.seq).where(AuditEntry.outcome == filters.outcome)])
    return ways


def _words_fit(filters: Filters) -> Fits:
    fits: Fits = []
    if filters.actor:
        fits.append(_is_actor(filters.actor))
    if filters.action:
        fits.append(AuditEntry.action.icontains(filters.action, autoescape=True))
    if filters.target:
        fits.append(AuditEntry.target.icontains(filters.target, autoescape=True))
    if filters.outcome:
        fits.append(AuditEntry.outcome == filters.outcome)
    return fits


def _is_actor(words: str) -> ColumnElement[bool]:
    """Matches by name, unless it was erased, or by role.

    A scalar subquery, since PostgreSQL may answer EXISTS by reading every name of the log.
    """
    name = select(AuditPersonal.value).where(AuditPersonal.seq == AuditEntry.seq, IS_NAME)
    is_named = name.scalar_subquery().icontains(words, autoescape=True)
    return is_named | (func.lower(AuditEntry.actor_role) == words.lower())


def _between(filters: Filters, before: int | None, after: int | None) -> Fits:
    """Conditions for the range of entries, in display order."""
    fits: Fits = []
    if filters.since:
        fits.append(AuditEntry.at >= filters.since)
    if filters.until:
        fits.append(AuditEntry.at <= filters.until)
    if after is not None:
        fits.append(AuditEntry.seq > after)
    if before is not None and filters.by_time:
        at = select(AuditEntry.at).where(AuditEntry.seq == before).scalar_subquery()
        fits.append(tuple_(AuditEntry.at, AuditEntry.seq) < tuple_(at, before))
    elif before is not None:
        fits.append(AuditEntry.seq < before)
    return fits


def _order(filters: Filters) -> list[ColumnElement[Any]]:
    by_time = [AuditEntry.at.desc()] if filters.by_time else []
    return [*by_time, AuditEntry.seq.desc()]


def _read(filters: Filters, fits: Fits, limit: int) -> list[AuditEntry]:
    """With their personal values, in one statement."""
    query: Select[AuditEntry] = select(AuditEntry).where(*fits).options(WITH_PERSONAL)
    found = db.session.scalars(query.order_by(*_order(filters)).limit(limit))
    return list(found.unique())
