"""Index lookups: from the words of a filter to the entries of each matching value."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from portal.audit.models import AuditEntry, AuditPersonal, Personal
from portal.core.storage.database import db

MOST_VALUES, MOST_KNOWN = 20, 500

Way = list[Select[int]]
"""A query for the entries' numbers, for each value that matches a filter."""

OPS = {"mapper": AuditEntry.__mapper__}
IS_NAME = AuditPersonal.field == Personal.NAME


def way_of_words(column: InstrumentedAttribute[Any], words: str) -> Way | None:
    """None if more values match the words than a lookup may have."""
    values = _holding(words, known_values(column))
    return None if values is None else [select(AuditEntry.seq).where(column == v) for v in values]


def way_of_actor(words: str) -> Way | None:
    """By name, unless it was erased, or by role."""
    names = _holding(words, known_values(AuditPersonal.value, IS_NAME))
    if names is None:
        return None
    roles = [each for each in known_values(AuditEntry.actor_role) if each.lower() == words.lower()]
    return [
        *(select(AuditPersonal.seq).where(IS_NAME, AuditPersonal.value == each) for each in names),
        *(select(AuditEntry.seq).where(AuditEntry.actor_role == each) for each in roles),
    ]


def known_values(column: InstrumentedAttribute[Any], *only: ColumnElement[bool]) -> list[str]:
    """The distinct values of an indexed column, at most MOST_KNOWN + 1.

    A loose index scan: one index seek per value, not per entry.
    """
    steps = select(func.min(column).label("value")).where(*only).cte(recursive=True)
    later = select(func.min(column)).where(column > steps.c.value, *only)
    more = select(later.scalar_subquery()).where(steps.c.value.is_not(None))
    steps = steps.union_all(more)
    query = select(steps.c.value).where(steps.c.value.is_not(None)).limit(MOST_KNOWN + 1)
    return list(db.session.scalars(query, bind_arguments=OPS))


def newest_of(way: Way, most: int, before: int | None = None) -> Subquery:
    """The newest entries of each value, at most `most` of each; column `seq`."""
    parts = [_newest(each, before).limit(most).subquery() for each in way]
    parts_read = [select(part.c.seq) for part in parts]
    return (union_all(*parts_read) if len(parts) > 1 else parts_read[0]).subquery()


def shortest(ways: Sequence[Way], most: int) -> Way | None:
    """The lookup with the fewest entries, if it has at most `most`."""
    if not ways:
        return None
    counts = [
        select(func.count()).select_from(
            select(newest_of(way, most + 1).c.seq).limit(most + 1).subquery()
        )
        for way in ways
    ]
    query = select(*(each.scalar_subquery() for each in counts))
    found = db.session.execute(query, bind_arguments=OPS).one()
    fewest, at = min((count, at) for at, count in enumerate(found))
    return ways[at] if fewest <= most else None


def _newest(query: Select[int], before: int | None) -> Select[int]:
    seq = next(iter(query.selected_columns))
    return (query if before is None else query.where(seq < before)).order_by(seq.desc())


def _holding(words: str, values: Sequence[str]) -> list[str] | None:
    found = [value for value in values if words.lower() in value.lower()]
    return None if len(found) > MOST_VALUES or len(values) > MOST_KNOWN else found
