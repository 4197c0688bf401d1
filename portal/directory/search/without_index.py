"""The listed studios that match all words, with the values that place, filters and order need."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, case, literal, or_, select, type_coerce, union_all
from sqlalchemy.sql.functions import coalesce

from portal.directory.facets import Facet, facets_of
from portal.directory.folding import fold, folded
from portal.directory.geography import Point
from portal.directory.kept.asking import session
from portal.directory.models import (
    CONNECTIONS,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStudioType,
)
from portal.directory.pages.queries import rating_of, rating_rows
from portal.directory.presentation import Rating
from portal.directory.visibility import is_kept_here, is_listed, point_shown

SEARCHED = (
    StudioProfile.name,
    StudioProfile.city,
    StudioProfile.short_about,
    StudioProfile.about,
    StudioProfile.description,
    StudioProfile.services_offered,
    StudioProfile.equipment_list,
)
FOR_FACETS = (
    *("is_verified", "show_rates", "rate_tier_1", "rate_tier_2", "rate_tier_3"),
    *(f"connection{number}" for number, _ in enumerate(CONNECTIONS, start=1)),
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
    facets: frozenset[Facet]
    is_name_hit: bool
    distance_km: float = float("inf")


def matches(words: list[str]) -> list[Match]:
    """Two statements, independent of the number of studios. `words` are folded."""
    rated, related = rating_rows(), _related_rows()
    rows = session().execute(
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
            *(getattr(StudioProfile, each) for each in FOR_FACETS),
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
            facets=related[row.id].facets(row),
            is_name_hit=bool(words) and all(word in fold(row.name) for word in words),
        )
        for row in rows
    ]


@dataclass
class RelatedRows:
    """Related rows of a studio: `pictures` are those stored on this site."""

    types: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    pictures: int = 0

    def facets(self, row: Any) -> frozenset[Facet]:
        return facets_of(
            row,
            types=self.types,
            services=self.services,
            pictures=self.pictures,
            reviews=row.reviews or 0,
        )


def _related_rows() -> dict[int, RelatedRows]:
    """By studio id."""
    found: dict[int, RelatedRows] = defaultdict(RelatedRows)
    rows = session().execute(
        union_all(
            select(StudioStudioType.studio_id, literal(0), _text(StudioStudioType.studio_type)),
            select(StudioService.studio_id, literal(1), _text(StudioService.service)),
            select(StudioImage.studio_id, literal(2), StudioImage.image_url),
        )
    )
    for number, kind, value in rows:
        if kind == 2:
            found[number].pictures += is_kept_here(value)
        else:
            (found[number].services if kind else found[number].types).append(value)
    return found


def _text(column: Any) -> ColumnElement[str]:
    return type_coerce(column, String)


def _has(word: str) -> ColumnElement[bool]:
    """The word is in the studio's texts, connections, services or types."""
    return or_(
        folded(_texts()).contains(word, autoescape=True),
        StudioProfile.services.any(_is_in(word, StudioService.service)),
        StudioProfile.types.any(_is_in(word, StudioStudioType.studio_type)),
    )


def _is_in(word: str, column: Any) -> ColumnElement[bool]:
    return folded(type_coerce(column, String)).contains(word, autoescape=True)


def _texts() -> ColumnElement[str]:
    """All searched texts in one string, separated by line breaks, so that words do not run
    together."""
    text: ColumnElement[str] = coalesce(SEARCHED[0], "")
    for column in SEARCHED[1:]:
        text = text + "\n" + coalesce(column, "")
    for number, name in enumerate(CONNECTIONS, start=1):
        ticked = getattr(StudioProfile, f"connection{number}")
        text = text + case((ticked, f"\n{name}"), else_="")
    return text
