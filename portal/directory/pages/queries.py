"""Queries for pages: listed studios only, in few statements.

Ratings and counts come from the derived tables, and are computed where those are incomplete.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import FromClause, Row, select

from portal.core.page import cached_per_page
from portal.directory.derived.counts import (
    CITY,
    COUNTS,
    LISTED,
    TYPE,
    counted_studios,
    kept_counts,
)
from portal.directory.derived.ratings import RATINGS, counted_ratings
from portal.directory.derived.state import is_kept_on
from portal.directory.derived.tables import derived_ratings
from portal.directory.geography import Point
from portal.directory.kept.asking import directory, late_connection, session
from portal.directory.kept.memory import remembered
from portal.directory.models import Review, StudioProfile, StudioType
from portal.directory.pages.card_rows import cards_of
from portal.directory.presentation import Card, Rating
from portal.directory.visibility import is_listed, point_shown


@dataclass(frozen=True)
class Count:
    """The number of studios of a kind, for example in a city."""

    name: str
    studios: int


@dataclass(frozen=True)
class Counts:
    """The number of listed studios in total, by city and by type, highest count first."""

    studios: int = 0
    cities: list[Count] = field(default_factory=list)
    types: list[Count] = field(default_factory=list)


@cached_per_page
def listed_counts() -> Counts:
    """One statement."""
    found: dict[str, dict[str, int]] = {LISTED: {}, CITY: {}, TYPE: {}}
    query = kept_counts() if is_kept_on(directory(), COUNTS) else counted_studios()
    for row in session().execute(query):
        found.setdefault(row.kind, {})[row.name] = row.studios
    cities = sorted(found[CITY].items(), key=lambda each: (-each[1], each[0]))
    return Counts(
        studios=sum(found[LISTED].values()),
        cities=[Count(*each) for each in cities],
        types=[Count(kind.value, n) for kind in StudioType if (n := found[TYPE].get(kind.value))],
    )


def rating_rows(studio_id: int | None = None) -> FromClause:
    """Each studio's approved reviews: `studio_id`, `reviews` (number), `total` (sum of ratings)."""
    if is_kept_on(directory(), RATINGS):
        return derived_ratings
    found = counted_ratings()
    if studio_id is not None:
        found = found.where(Review.studio_id == studio_id)
    return found.subquery()


def rating_of(row: Row[Any]) -> Rating | None:
    """From a row that was joined with `rating_rows`."""
    return Rating(row.total / row.reviews, row.reviews) if row.reviews else None


def cards(
    ids: list[int], rated: dict[int, Rating], distances: dict[int, float] | None = None
) -> list[Card]:
    """Cards in the order of the ids. One statement for a page of a list, unless the process
    remembers them for this version of the content."""
    found, far = _cards(ids, rated), distances or {}
    there = [(each, found[each]) for each in ids if each in found]
    return [card.at(far[each]) if each in far else card for each, card in there]


def _cards(ids: list[int], rated: dict[int, Rating]) -> dict[int, Card]:
    if (known := remembered()) is None:
        return cards_of(directory(), ids, rated)
    kept = known.answers
    found = {each: card for each in ids if (card := kept.get(("card", each, rated.get(each))))}
    if missing := [each for each in ids if each not in found]:
        fresh = cards_of(late_connection(), missing, rated)
        for each, card in fresh.items():
            kept.put(("card", each, rated.get(each)), card, card.size)
        found |= fresh
    return found


def listed_points(city: str) -> list[Point]:
    """The locations of a city's listed studios, each as exactly as it may be shown."""
    rows = session().execute(
        select(
            StudioProfile.latitude,
            StudioProfile.longitude,
            StudioProfile.show_address,
            StudioProfile.use_coordinates_for_map,
        ).where(is_listed(), StudioProfile.city == city)
    )
    return [point for point in map(point_shown, rows) if point]
