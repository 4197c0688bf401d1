"""A page of the admins' table: by the index, or by the studios' rows while it is not whole."""

from dataclasses import dataclass, replace

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.admin.finding import Found, Kept, all_matching, is_indexed, page_of
from portal.directory.admin.plain import MOST, is_small, read_all, read_stretch
from portal.directory.admin.query import AdminQuery, Sort
from portal.directory.admin.rows import Line, lines_of
from portal.directory.models import StudioProfile

BY_NUMBER = (
    "The index of this table is being made. Until it is whole, studios are shown by number, and"
    f" the filters look at {MOST:,} of them at a time; nothing is counted, and all that match can’t"
    " be selected."
)


@dataclass(frozen=True)
class Answer:
    """`query`: as it was answered, which may be in another order. `limits`: what can't be offered
    now, in words. `is_empty`: there is no studio at all."""

    query: AdminQuery
    found: Found
    lines: list[Line]
    limits: str | None = None
    is_empty: bool = False


def answer_to(query: AdminQuery) -> Answer:
    if is_indexed():
        source = Kept()
        return _answer(query, page_of(source, all_matching(source, query), query))
    if is_small():
        read = read_all()
        return _answer(query, page_of(read, all_matching(read, query), query))
    by_number = replace(query, sort=Sort.NUMBER, direction=query.direction or "down")
    return replace(_answer(by_number, _stretch(by_number)), limits=BY_NUMBER)


def _answer(query: AdminQuery, found: Found) -> Answer:
    is_empty = not found.numbers and not query.conditions and not _has_studios()
    return Answer(query, found, lines_of(found.numbers), is_empty=is_empty)


def _has_studios() -> bool:
    return db.session.scalar(select(StudioProfile.id).limit(1)) is not None


def _stretch(query: AdminQuery) -> Found:
    """Of the studios behind a number, those that match; the next page goes on where this one
    ended, or where no more were looked at."""
    is_back = query.before is not None
    place = query.before if is_back else query.after
    at = int(place) if place and place.isdecimal() else None
    is_falling = query.is_falling is not is_back
    read = read_stretch(at, is_falling=is_falling)
    page = page_of(read, all_matching(read, query), replace(query, sort=Sort.NUMBER))
    far = list(read.documents)
    last = str(min(far) if is_falling else max(far)) if len(far) == MOST else None
    before = page.before or (last if is_back else None)
    after = page.after or (None if is_back else last)
    up_to = int(last) if last and len(page.numbers) < query.size else None
    return replace(page, count=None, before=before, after=after, up_to=up_to)
