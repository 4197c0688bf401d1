"""What pages read of the directory: only studios that are listed, in few statements."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.core.database import db
from portal.directory.geography import Point
from portal.directory.models import (
    Review,
    ReviewStatus,
    StudioProfile,
    StudioStatus,
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
from portal.directory.shown import number_in, point_shown, slug_of

SHOWN_FIRST = 6
MOST_CITIES = 24


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


def is_listed() -> ColumnElement[bool]:
    return and_(
        StudioProfile.status == StudioStatus.ACTIVE, StudioProfile.is_profile_visible.is_(True)
    )


def overview() -> Overview:
    cities = city_counts()
    return Overview(
        studios=db.session.scalar(select(func.count()).where(is_listed())) or 0,
        featured=featured_cards(),
        types=type_counts(),
        cities=sorted(cities[:MOST_CITIES], key=lambda count: count.name),
        city_count=len(cities),
    )


def featured_cards() -> list[Card]:
    """Spotlights first, then the featured ones that people rate best."""
    rated = ratings()
    chosen = db.session.execute(
        select(StudioProfile.id, StudioProfile.is_spotlight).where(
            is_listed(), StudioProfile.is_featured | StudioProfile.is_spotlight
        )
    ).all()
    unrated = Rating(0, 0)
    best = sorted(chosen, key=lambda row: (not row[1], -rated.get(row[0], unrated).average, row[0]))
    return cards([row[0] for row in best[:SHOWN_FIRST]], rated)


def cards(
    ids: list[int], rated: dict[int, Rating], distances: dict[int, float] | None = None
) -> list[Card]:
    """The studios as cards, in the order of their ids."""
    found = {studio.id: studio for studio in db.session.scalars(_with_details(ids))}
    far = distances or {}
    return [card_of(found[i], rated.get(i), far.get(i)) for i in ids if i in found]


def ratings(studio_id: int | None = None) -> dict[int, Rating]:
    """Each studio's approved reviews in numbers."""
    wanted = select(Review.studio_id, func.avg(Review.rating), func.count(Review.id))
    wanted = wanted.where(Review.status == ReviewStatus.APPROVED).group_by(Review.studio_id)
    if studio_id is not None:
        wanted = wanted.where(Review.studio_id == studio_id)
    return {row[0]: Rating(float(row[1]), row[2]) for row in db.session.execute(wanted)}


def type_counts() -> list[Count]:
    found: dict[StudioType, int] = Counter()
    rows = db.session.execute(
        select(StudioStudioType.studio_type, func.count())
        .join(StudioStudioType.studio)
        .where(is_listed())
        .group_by(StudioStudioType.studio_type)
    )
    found.update({row[0]: row[1] for row in rows})
    return [Count(kind.value, found[kind]) for kind in StudioType if found[kind]]


def city_counts() -> list[Count]:
    """Cities by how many studios they have, most first."""
    rows = db.session.execute(
        select(StudioProfile.city, func.count())
        .where(is_listed(), StudioProfile.city.is_not(None), StudioProfile.city != "")
        .group_by(StudioProfile.city)
        .order_by(func.count().desc(), StudioProfile.city)
    )
    return [Count(row[0], row[1]) for row in rows if row[0]]


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
    studio = db.session.scalar(_with_details([number]).options(joinedload(StudioProfile.user)))
    if studio is None or slug_of(studio.name, studio.id) != slug:
        return None
    return public_studio(studio, approved_reviews(studio.id), ratings(studio.id).get(studio.id))


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


def _with_details(ids: list[int]) -> Select[StudioProfile]:
    return (
        select(StudioProfile)
        .where(is_listed(), StudioProfile.id.in_(ids))
        .options(
            selectinload(StudioProfile.images),
            selectinload(StudioProfile.services),
            selectinload(StudioProfile.types),
        )
    )
