"""The same without the derived index: the studios' own rows are read, a bounded number of them.

A directory of up to `MOST` studios is read whole, so that everything is offered; of a larger one a
stretch of numbers, so that it is shown in the order of numbers alone.
"""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from pyroaring import BitMap
from sqlalchemy import ColumnElement, func, select

from portal.core.storage.database import db
from portal.directory.admin.index.documents import Document, documents
from portal.directory.models import StudioProfile

MOST = 2000


class Read:
    """Sets of the studios that were read."""

    def __init__(self, found: list[Document]) -> None:
        self.documents = {each.number: each for each in found}
        self._sets: dict[str, BitMap] = {}
        for each in found:
            for token in each.tokens:
                self._sets.setdefault(token, BitMap()).add(each.number)

    def sets_of(self, tokens: Collection[str]) -> dict[str, BitMap]:
        return {each: self._sets.get(each, BitMap()) for each in tokens}

    def united(self, low: str, high: str) -> BitMap:
        some = (ids for token, ids in self._sets.items() if low <= token <= high)
        return BitMap.union(BitMap(), *some)

    def places_of(self, order: str, ids: BitMap) -> dict[int, str]:
        return {each: self.documents[each].places[order] for each in ids}

    def walk(self, order: str, place: str | None, *, is_falling: bool) -> Iterator[BitMap]:
        yield BitMap(self.documents)


def is_small() -> bool:
    """Whether all studios may be read."""
    some = select(StudioProfile.id).limit(MOST + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) <= MOST


def read_all() -> Read:
    return Read(documents(db.session.connection(), lambda column: column.is_not(None)))


def read_stretch(at: int | None, *, is_falling: bool) -> Read:
    """`MOST` studios from that number on, or down from it."""
    number = StudioProfile.id
    query = select(number).order_by(number.desc() if is_falling else number).limit(MOST)
    if at is not None:
        query = query.where(number < at if is_falling else number > at)
    numbers = list(db.session.scalars(query))
    if not numbers:
        return Read([])
    among = partial(_between, min(numbers), max(numbers))
    return Read(documents(db.session.connection(), among))


def _between(low: int, high: int, column: Any) -> ColumnElement[bool]:
    between: ColumnElement[bool] = column.between(low, high)
    return between
