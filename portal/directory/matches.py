"""The listed studios that have all the words, with what place, filters and order depend on."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, case, literal, or_, select, type_coerce, union_all
from sqlalchemy.sql.functions import coalesce

from portal.core.database import db
from portal.directory.derived.counts import is_listed
from portal.directory.folding import fold, folded
from portal.directory.geography import Point
from portal.directory.models import (
    CONNECTIONS,
    Service,
    StudioProfile,
    StudioService,
    StudioStudioType,
    StudioType,
)
from portal.directory.public import Rating
from portal.directory.queries import rating_of, rating_rows
from portal.directory.shown import point_shown

SEARCHED = (
    StudioProfile.name,
    StudioProfile.city,
    StudioProfile.short_about,
    StudioProfile.about,
    StudioProfile.description,
    StudioProfile.services_offered,
    StudioProfile.equipment_list,
)


@dataclass(frozen=True)
class Match:
    id: int
    name: str
    city: str
    point: Point | None
    created_at: datetime
    is_featured: bool
    rating: Rating | None
    types: frozenset[StudioType]
    services: frozenset[Service]
    is_name_hit: bool
    distance_km: float = float("inf")


def matches(words: list[str]) -> list[Match]:
    """Two statements, however many studios there are. `words` are folded."""
    rated, (types, services) = rating_rows(), _types_and_services()
    rows = db.session.execute(
        select(
            StudioProfile.id,
            StudioProfile.name,
            StudioProfile.city,
            StudioProfile.latitude,
            StudioProfile.longitude,
            StudioProfile.show_address,
            StudioProfile.use_coordinates_for_map,
            StudioProfile.created_at,
            StudioProfile.is_featured,
            rated.c.reviews,
            rated.c.total,
        )
        .outerjoin(rated, rated.c.studio_id == StudioProfile.id)
        .where(is_listed(), *(_has(word) for word in words))
    )
    return [
        Match(
            id=row.id,
            name=row.name,
            city=row.city or "",
            point=point_shown(row),
            created_at=row.created_at,
            is_featured=row.is_featured,
            rating=rating_of(row),
            types=frozenset(types[row.id]),
            services=frozenset(services[row.id]),
            is_name_hit=bool(words) and all(word in fold(row.name) for word in words),
        )
        for row in rows
    ]


def _types_and_services() -> tuple[dict[int, list[StudioType]], dict[int, list[Service]]]:
    """By studio."""
    types: dict[int, list[StudioType]] = defaultdict(list)
    services: dict[int, list[Service]] = defaultdict(list)
    of_type = type_coerce(StudioStudioType.studio_type, String)
    of_service = type_coerce(StudioService.service, String)
    rows = db.session.execute(
        union_all(
            select(StudioStudioType.studio_id, literal(0), of_type),
            select(StudioService.studio_id, literal(1), of_service),
        )
    )
    for number, is_service, word in rows:
        if is_service:
            services[number].append(Service(word))
        else:
            types[number].append(StudioType(word))
    return types, services


def _has(word: str) -> ColumnElement[bool]:
    """The word stands in the studio's texts, its ways to connect, its services or its types."""
    return or_(
        folded(_texts()).contains(word, autoescape=True),
        StudioProfile.services.any(_is_in(word, StudioService.service)),
        StudioProfile.types.any(_is_in(word, StudioStudioType.studio_type)),
    )


def _is_in(word: str, column: Any) -> ColumnElement[bool]:
    return folded(type_coerce(column, String)).contains(word, autoescape=True)


def _texts() -> ColumnElement[str]:
    """All that is searched in one string, line by line, so that no word runs into the next."""
    text: ColumnElement[str] = coalesce(SEARCHED[0], "")
    for column in SEARCHED[1:]:
        text = text + "\n" + coalesce(column, "")
    for number, name in enumerate(CONNECTIONS, start=1):
        ticked = getattr(StudioProfile, f"connection{number}")
        text = text + case((ticked, f"\n{name}"), else_="")
    return text
