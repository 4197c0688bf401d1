"""Which studios an export holds: all, or those that the admins' table finds for its filters."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.directory.admin.finding import Kept, all_matching, is_indexed
from portal.directory.admin.plain import is_small, read_all
from portal.directory.admin.query import query_of_all
from portal.directory.admin.selecting import NOT_WHOLE
from portal.directory.models import StudioProfile

PART = 500
LONGEST = 9


def selected(filters: Mapping[str, Any]) -> Iterator[list[int]]:
    """The studios' numbers in order, in parts. `filters`: the table's query string, or `numbers`
    with those that were ticked. Raises Invalid for a filter that can't be read, and Conflict in a
    large directory whose index is not whole."""
    if numbers := str(filters.get("numbers") or ""):
        ticked = _numbers(numbers)
        return (ticked[at : at + PART] for at in range(0, len(ticked), PART))
    query = query_of_all(filters)
    if not query.conditions:
        return _all()
    if is_indexed():
        found = all_matching(Kept(), query)
    elif is_small():
        found = all_matching(read_all(), query)
    else:
        raise Conflict(NOT_WHOLE, remedy="Try again in some minutes, or download all.")
    db.session.rollback()
    return (list(found[at : at + PART]) for at in range(0, len(found), PART))


def _numbers(text: str) -> list[int]:
    words = text.split(",")
    return sorted({int(each) for each in words if each.isdecimal() and len(each) <= LONGEST})


def _all() -> Iterator[list[int]]:
    after = 0
    while True:
        query = select(StudioProfile.id).where(StudioProfile.id > after)
        part = list(db.session.scalars(query.order_by(StudioProfile.id).limit(PART)))
        db.session.rollback()
        if not part:
            return
        yield part
        after = part[-1]
