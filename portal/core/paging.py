"""Pagination of lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page: its items, its number from 1, and the total."""

    items: Sequence[Item]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The position of the first item in the whole list, from 1; 0 in an empty list."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)

    def showing(self, items: "Sequence[Other]") -> "Page[Other]":
        """The same page with other items, made of these."""
        return Page(items, self.number, self.size, self.total)


def page_of(items: Sequence[Item], *, number: int, size: int) -> Page[Item]:
    """The requested page; the last one if the number is too high."""
    number = min(max(1, number), max(1, -(-len(items) // size)))
    start = (number - 1) * size
    return Page(items[start : start + size], number, size, len(items))


def page_of_rows(
    session: Session, query: Select[Item], *, number: int, size: int, options: Any = ()
) -> Page[Item]:
    """The requested page of a query; only its rows are fetched. The query must have a
    total order."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(max(1, number), max(1, -(-total // size)))
    rows = query.options(*options).limit(size).offset((number - 1) * size)
    return Page(session.scalars(rows).all(), number, size, total)
