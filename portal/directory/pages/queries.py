"""What pages read of the directory: only studios that are listed, in few statements.

Ratings and counts are read from where they are kept, and worked out wherever they are not.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    FromClause,
    Row,
    select,
)

from portal.core.page import once_a_page
from portal.core.storage.database import db
from portal.directory.derived.counts import (
    CITY,
    COUNTS,
    LISTED,
    TYPE,
    counted_studios,
    is_listed,
    kept_counts,
)
from portal.directory.derived.ratings import RATINGS, counted_ratings
from portal.directory.derived.state import is_kept
from portal.directory.derived.tables import derived_ratings
from portal.directory.geography import Point
from portal.directory.models import (
    Review,
    StudioProfile,
    StudioType,
)
from portal.directory.pages.card_rows import cards_of
from portal.directory.presentation import (
    Card,
    Rating,
)
from portal.directory.visibility import point_shown


@dataclass(frozen=True)
class Count:
    """How many studios there are of something."""

    name: str
    studios: int


@dataclass(frozen=True)
class Counts:
    """How many studios are listed; by city and by type, most first."""

    studios: int = 0
    cities: list[Count] = field(default_factory=list)
    types: list[Count] = field(default_factory=list)


@once_a_page
def listed_counts() -> Counts:
    """In one statement."""
    found: dict[str, dict[str, int]] = {LISTED: {}, CITY: {}, TYPE: {}}
    query = kept_counts() if is_kept(COUNTS) else counted_studios()
    for row in db.session.execute(query):
        found.setdefault(row.kind, {})[row.name] = row.studios
    cities = sorted(found[CITY].items(), key=lambda each: (-each[1], each[0]))
    return Counts(
        studios=sum(found[LISTED].values()),
        cities=[Count(*each) for each in cities],
        types=[Count(kind.value, n) for kind in StudioType if (n := found[TYPE].get(kind.value))],
    )


def rating_rows(studio_id: int | None = None) -> FromClause:
    """Each studio's approved reviews in numbers: `studio_id`, `reviews`, `total`."""
    if is_kept(RATINGS):
        return derived_ratings
    found = counted_ratings()
    if studio_id is not None:
        found = found.where(Review.studio_id == studio_id)
    return found.subquery()


def rating_of(row: Row[Any]) -> Rating | None:
    """Of a row that was joined with `rating_rows`."""
    return Rating(row.total / row.reviews, row.reviews) if row.reviews else None


def cards(
    ids: list[int], rated: dict[int, Rating], distances: dict[int, float] | None = None
) -> list[Card]:
    """The studios as cards, in the order of their ids. One statement for a page of a list."""
    found, far = cards_of(db.session.connection(), ids, rated), distances or {}
    return [card.at(far[each]) if each in far else card for each, card in found.items()]


def listed_points(city: str) -> list[Point]:
    """Where the listed studios of a city are, as exactly as each may be shown."""
    rows = db.session.execute(
        select(
            StudioProfile.latitude,
            StudioProfile.longitude,
            StudioProfile.show_address,
            StudioProfile.use_coordinates_for_map,
        ).where(is_listed(), StudioProfile.city == city)
    )
    return [point for point in map(point_shown, rows) if point]
