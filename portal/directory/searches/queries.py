"""The admins' view of the counts."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from portal.core.paging import Page
from portal.core.storage.database import db
from portal.directory.searches.models import FewResults, Kind

PAGE = 50


@dataclass(frozen=True)
class SearchedTerm:
    """A word or place that was searched on at least five days."""

    word: str
    kind: Kind
    searches: int
    days: int
    last: date


def searched_terms(kind: Kind | None, *, number: int) -> Page[SearchedTerm]:
    """Most searched first."""
    listed = _by_word(kind)
    total = db.session.scalar(select(func.count()).select_from(listed.subquery())) or 0
    number = min(max(1, number), max(1, -(-total // PAGE)))
    order = (func.sum(FewResults.searches).desc(), FewResults.word)
    rows = db.session.execute(listed.order_by(*order).limit(PAGE).offset((number - 1) * PAGE))
    return Page([_searched_term(row) for row in rows], number, PAGE, total)


def hidden_terms(kind: Kind | None) -> int:
    """The number of words searched on fewer days; their text is unreadable."""
    digests = select(func.count(func.distinct(FewResults.digest))).where(FewResults.word.is_(None))
    if kind:
        digests = digests.where(FewResults.kind == kind)
    return db.session.scalar(digests) or 0


def _by_word(kind: Kind | None) -> Any:
    listed = (
        select(
            FewResults.word,
            FewResults.kind,
            func.sum(FewResults.searches),
            func.count(),
            func.max(FewResults.day),
        )
        .where(FewResults.word.is_not(None))
        .group_by(FewResults.word, FewResults.kind)
    )
    return listed.where(FewResults.kind == kind) if kind else listed


def _searched_term(row: Any) -> SearchedTerm:
    return SearchedTerm(*row)
