"""What pages read of the directory: only studios that are listed, in few statements.

Ratings and counts are read from where they are kept, and worked out wherever they are not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    FromClause,
    Row,
    Select,
    String,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import joinedload, load_only

from portal.core.database import db
from portal.core.page import once_a_page
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
    ReviewStatus,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStudioType,
    StudioType,
)
from portal.directory.public import (
    Card,
    PublicStudio,
    Rating,
    card_of,
    public_studio,
)
from portal.directory.shown import Details, number_in, point_shown, slug_of

SHOWN_FIRST = 6
MOST_CITIES = 24
ON_CARDS = ("name", "city", "short_about", "is_verified", "is_featured")


@dataclass(frozen=True)
class Count:
    """How many studios there are of something."""

    name: str
    studios: int


@dataclass(frozen=True)
class Overview:
    """What the start page shows."""

    studios: int
    featured: list[Card]
    types: list[Count]
    cities: list[Count]
    city_count: int


@dataclass(frozen=True)
class Counts:
    """How many studios are listed; by city and by type, most first."""

    studios: int = 0
    cities: list[Count] = field(default_factory=list)
    types: list[Count] = field(default_factory=list)


def overview() -> Overview:
    counts = listed_counts()
    return Overview(
        studios=counts.studios,
        featured=featured_cards(),
        types=counts.types,
        cities=sorted(counts.cities[:MOST_CITIES], key=lambda count: count.name),
        city_count=len(counts.cities),
    )


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


def featured_cards() -> list[Card]:
    """Spotlights first, then the featured ones that people rate best."""
    rated = rating_rows()
    average = func.coalesce(rated.c.total * 1.0 / rated.c.reviews, 0)
    best = db.session.execute(
        select(StudioProfile.id, rated.c.reviews, rated.c.total)
        .outerjoin(rated, rated.c.studio_id == StudioProfile.id)
        .where(is_listed(), StudioProfile.is_featured | StudioProfile.is_spotlight)
        .order_by(StudioProfile.is_spotlight.desc(), average.desc(), StudioProfile.id)
        .limit(SHOWN_FIRST)
    ).all()
    ratings = {row.id: found for row in best if (found := rating_of(row))}
    return cards([row.id for row in best], ratings)


def cards(
    ids: list[int], rated: dict[int, Rating], distances: dict[int, float] | None = None
) -> list[Card]:
    """The studios as cards, in the order of their ids. Two statements."""
    columns = [getattr(StudioProfile, name) for name in ON_CARDS]
    wanted = select(StudioProfile).where(is_listed(), StudioProfile.id.in_(ids))
    found = {each.id: each for each in db.session.scalars(wanted.options(load_only(*columns)))}
    details, far = details_of(ids), distances or {}
    return [card_of(found[i], details[i], rated.get(i), far.get(i)) for i in ids if i in found]


def details_of(ids: list[int]) -> dict[int, Details]:
    """What hangs on the studios, in one statement."""
    rows: Iterable[Row[Any]] = db.session.execute(
        union_all(
            select(
                StudioImage.studio_id.label("studio"),
                literal("image").label("kind"),
                StudioImage.image_url.label("value"),
                StudioImage.alt_text.label("words"),
                StudioImage.sort_order.label("place"),
                StudioImage.id.label("number"),
            ).where(StudioImage.studio_id.in_(ids)),
            _words("service", StudioService, StudioService.service, ids),
            _words("type", StudioStudioType, StudioStudioType.studio_type, ids),
        )
    )
    found = {number: Details() for number in ids}
    for row in sorted(rows, key=lambda each: (each.place, each.number)):
        found[row.studio].add(row.kind, row.value, row.words)
    return found


def _words(
    kind: str, model: type[StudioService | StudioStudioType], value: Any, ids: list[int]
) -> Select[*tuple[Any, ...]]:
    word, nothing = type_coerce(value, String), type_coerce(null(), String)
    row = select(model.studio_id, literal(kind), word, nothing, literal(0), model.id)
    return row.where(model.studio_id.in_(ids))


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


def studio_page(slug: str) -> PublicStudio | None:
    """A listed studio by the slug of its present name; None for every other."""
    number = number_in(slug)
    if number is None:
        return None
    rated = rating_rows(number)
    row = db.session.execute(
        select(StudioProfile, rated.c.reviews, rated.c.total)
        .outerjoin(rated, rated.c.studio_id == StudioProfile.id)
        .where(is_listed(), StudioProfile.id == number)
        .options(joinedload(StudioProfile.user))
    ).one_or_none()
    if row is None or slug_of(row[0].name, number) != slug:
        return None
    return public_studio(
        row[0], details_of([number])[number], approved_reviews(number), rating_of(row)
    )


def approved_reviews(studio_id: int) -> list[Review]:
    """Newest first, with their authors and answers."""
    return list(
        db.session.scalars(
            select(Review)
            .where(Review.studio_id == studio_id, Review.status == ReviewStatus.APPROVED)
            .options(joinedload(Review.reviewer), joinedload(Review.response))
            .order_by(Review.created_at.desc(), Review.id.desc())
        )
    )
