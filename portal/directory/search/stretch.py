"""A consecutive part of a list of results, and the searches for the previous and next parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from portal.directory.search.marks import Mark
from portal.directory.search.search_query import Wish
from portal.directory.search.values import MOST_PAGES

Item = TypeVar("Item")


@dataclass(frozen=True)
class Stretch(Generic[Item]):
    """`before`: the number of items before these, if known."""

    items: Sequence[Item] = ()
    before: int | None = 0
    has_before: bool = False
    has_after: bool = False

    @property
    def end(self) -> int | None:
        return None if self.before is None else self.before + len(self.items)


@dataclass(frozen=True)
class PageLinks:
    """The searches for the previous and the next part; `last` for the last part, if it has no
    number."""

    previous: Wish | None = None
    next: Wish | None = None
    last: Wish | None = None


def numbered(items: Sequence[Item], number: int, *, size: int, total: int) -> Stretch[Item]:
    before = (number - 1) * size
    return Stretch(items, before, number > 1, before + len(items) < total)


def nearest(rows: Sequence[Item], wish: Wish, *, size: int, total: int | None) -> Stretch[Item]:
    """From the rows nearest to a mark or to the end, one more than shown; `total` if exact."""
    mark, is_more = wish.after, len(rows) > size
    if mark and not mark.is_before:
        return _sure(Stretch(rows[:size], mark.at, True, is_more), total)
    end = mark.at if mark else total
    shown = rows[-size:]
    before = None if end is None else end - len(shown)
    return _sure(Stretch(shown, before, is_more, mark is not None), total)


def page_links(
    wish: Wish, part: Stretch[Item], mark: Callable[[Item], Mark], *, pages: int
) -> PageLinks:
    """`mark` gives an item's position. From a page after a mark, both links use marks too, so no
    studio is skipped or repeated when studios are added or removed."""
    end = wish.at_the_end() if pages > MOST_PAGES else None
    if wish.is_deep:
        return PageLinks(
            _previous(wish, part, mark), _next(wish, part, mark), None if wish.is_last else end
        )
    back = wish.on_page(wish.page - 1) if part.has_before else None
    if part.has_after and wish.page < MOST_PAGES:
        return PageLinks(back, wish.on_page(wish.page + 1), end)
    return PageLinks(back, _next(wish, part, mark), end)


def _previous(wish: Wish, part: Stretch[Item], mark: Callable[[Item], Mark]) -> Wish | None:
    if not (part.has_before and part.items):
        return None
    return wish.behind(replace(mark(part.items[0]), at=part.before, is_before=True))


def _next(wish: Wish, part: Stretch[Item], mark: Callable[[Item], Mark]) -> Wish | None:
    if not (part.has_after and part.items):
        return None
    return wish.behind(replace(mark(part.items[-1]), at=part.end))


def _sure(part: Stretch[Item], total: int | None) -> Stretch[Item]:
    """Drops a position that can no longer be right."""
    before, end = part.before, part.end
    if before is None or end is None:
        return part
    is_right = before >= 0 and (total is None or end <= total)
    return part if is_right else replace(part, before=None)
