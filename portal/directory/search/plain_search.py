"""A search without the index: words are matched as substrings, in Python."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from portal.core.paging import page_of
from portal.directory.facets import Facet
from portal.directory.folding import fold
from portal.directory.geography import Point, distance_km
from portal.directory.places.countries import country_of
from portal.directory.search.marks import FOREIGN, Key, Mark
from portal.directory.search.search_query import Sort, Wish
from portal.directory.search.stretch import Stretch, nearest, numbered
from portal.directory.search.without_index import Match, matches


@dataclass(frozen=True)
class Listed:
    """All results in order. `codes` are the countries of the studios that match the words."""

    every: list[Match]
    key: Callable[[Match], Key]
    codes: frozenset[str]

    @property
    def counts(self) -> Counter[Facet]:
        return Counter(facet for match in self.every for facet in match.facets)

    def nearest(self, mark: Mark | None, *, most: int) -> list[Match]:
        """The results nearest to a mark, or the last ones. Raises TypeError for a mark of another
        order."""
        if mark and not mark.is_before:
            return [match for match in self.every if self.key(match) > mark.key][:most]
        before = [match for match in self.every if mark is None or self.key(match) < mark.key]
        return before[-most:]


NOBODY = Listed([], lambda match: (match.id,), frozenset())


def part_of(listed: Listed, wish: Wish, of: str, *, size: int) -> tuple[Wish, Stretch[Match]]:
    """The part of the list, and the search with the number of the page that exists."""
    total = len(listed.every)
    if wish.is_deep and (wish.after is None or wish.after.of == of):
        try:
            rows = listed.nearest(wish.after, most=size + 1)
            return wish, nearest(rows, wish, size=size, total=total)
        except TypeError:
            pass
    if wish.is_deep:
        wish = wish.because(FOREIGN)
    page = page_of(listed.every, number=wish.page, size=size)
    return wish.on_page(page.number), numbered(page.items, page.number, size=size, total=total)


def look_for(wish: Wish, point: Point | None) -> Listed:
    asked = matches(wish.words)
    found = [match for match in asked if _passes(match, wish)]
    if point:
        found = _within(found, point, wish.radius.km)
    key = ORDERS[wish.order]
    codes = {country_of(match.point, match.city) or "" for match in asked}
    return Listed(sorted(found, key=key), key, frozenset(codes))


def _passes(match: Match, wish: Wish) -> bool:
    is_there = not wish.country or country_of(match.point, match.city) == wish.country
    return is_there and match.facets.issuperset(wish.facets)


def _within(found: Iterable[Match], centre: Point, km: float) -> list[Match]:
    measured = (
        replace(match, distance_km=distance_km(centre, match.point))
        for match in found
        if match.point
    )
    return [match for match in measured if match.distance_km <= km]


def _by_rating(match: Match) -> Key:
    rating = match.rating
    return (-rating.average, -rating.count) if rating else (0.0, 0)


def _by_name(match: Match) -> Key:
    return (fold(match.name), match.id)


ORDERS: dict[Sort, Callable[[Match], Key]] = {
    Sort.RELEVANCE: lambda match: (
        not match.is_name_hit,
        not match.is_featured,
        *_by_rating(match),
        *_by_name(match),
    ),
    Sort.DISTANCE: lambda match: (match.distance_km, *_by_name(match)),
    Sort.RATING: lambda match: (*_by_rating(match), *_by_name(match)),
    Sort.NEWEST: lambda match: (-_seconds(match.created_at), -match.id),
    Sort.NAME: _by_name,
}


def _seconds(at: datetime | None) -> float:
    """Of a time that can't be read, on a page's second try: the beginning."""
    return at.timestamp() if at else 0.0
