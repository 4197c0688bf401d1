"""The public view of a studio.

Templates receive these objects, never a model, so hidden data cannot reach a page's source.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row

from portal.core.paging import Page
from portal.directory.folding import one_line
from portal.directory.geography import Point
from portal.directory.models import StudioProfile, User
from portal.directory.pages.hours import Hours
from portal.directory.users.placeholder_addresses import is_placeholder_address
from portal.directory.visibility import (
    WEBSITE,
    Details,
    Link,
    Picture,
    Rate,
    connections_of,
    directions_to,
    first_picture,
    lines_of,
    links_of,
    pictures_of,
    point_shown,
    rates_of,
    services_of,
    shows_exact_place,
    slug_of,
    types_of,
)

UNNAMED = "Studio without a name"


@dataclass(frozen=True)
class Rating:
    average: float
    count: int


@dataclass(frozen=True)
class PublicReview:
    number: int
    rating: int
    content: str
    author: str | None
    at: datetime
    response: str | None


@dataclass(frozen=True)
class Card:
    """A studio in a list."""

    slug: str
    name: str
    place: str
    summary: str
    picture: Picture | None
    types: tuple[str, ...]
    services: tuple[str, ...]
    is_verified: bool
    is_featured: bool
    rating: Rating | None
    distance_km: float | None = None

    def at(self, km: float) -> "Card":
        far = replace(self, distance_km=km)
        far.__dict__["anywhere"] = self
        return far

    @cached_property
    def anywhere(self) -> "Card":
        """A copy without its distance."""
        return replace(self, distance_km=None)

    @property
    def size(self) -> int:
        """About as many bytes as it takes in memory."""
        return 1000 + len(self.name) + len(self.summary)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once: caches of lists look cards up by hash."""
        return hash(astuple(self))


@dataclass(frozen=True)
class PublicStudio:
    """A studio's own page."""

    slug: str
    name: str
    host: str
    place: str
    summary: str
    about: str
    description: str
    home_studio: str
    types: tuple[str, ...]
    services: tuple[str, ...]
    connections: tuple[str, ...]
    other_connections: str
    offers: tuple[str, ...]
    equipment: tuple[str, ...]
    pictures: tuple[Picture, ...]
    rates: tuple[Rate, ...]
    reviews: tuple[PublicReview, ...]
    rating: Rating | None
    point: Point | None
    is_exact: bool
    email: str | None
    phone: str | None
    address: str | None
    directions: str | None
    links: tuple[Link, ...]
    is_verified: bool
    is_featured: bool
    is_crb_checked: bool
    since: datetime
    hours: Hours | None = None
    takes_messages: bool = False
    is_unclaimed: bool = False
    """It was imported, and has no owner yet."""
    can_be_claimed: bool = False
    takes_reports: bool = False
    takes_reviews: bool = False
    page: Page[PublicReview] | None = None
    """`reviews` as one page of all."""

    @property
    def is_reachable(self) -> bool:
        return bool(self.takes_messages or self.phone or self.email or self.website)

    @property
    def website(self) -> Link | None:
        return next((link for link in self.links if link.label == WEBSITE), None)

    @property
    def elsewhere(self) -> tuple[Link, ...]:
        """The other links."""
        return tuple(link for link in self.links if link.label != WEBSITE)

    @property
    def all_connections(self) -> tuple[str, ...]:
        """Services and ticked connections, each once."""
        return tuple(dict.fromkeys((*self.services, *self.connections)))

    @property
    def map_href(self) -> str | None:
        if self.point is None:
            return None
        zoom = 17 if self.is_exact else 11
        place = f"{self.point.latitude}/{self.point.longitude}"
        return f"https://www.openstreetmap.org/#map={zoom}/{place}"


def card_of(
    number: int,
    *,
    name: str,
    city: str | None,
    summary: str | None,
    is_verified: bool,
    is_featured: bool,
    details: Details,
    rating: Rating | None,
) -> Card:
    return Card(
        slug=slug_of(name, number),
        name=one_line(name) or UNNAMED,
        place=one_line(city),
        summary=one_line(summary),
        picture=first_picture(details.images),
        types=types_of(details),
        services=services_of(details),
        is_verified=is_verified,
        is_featured=is_featured,
        rating=rating,
    )


def public_studio(
    studio: StudioProfile | Row[Any],
    owner: User | Row[Any],
    details: Details,
    reviews: Iterable[PublicReview],
    rating: Rating | None,
) -> PublicStudio:
    """`reviews` are the approved ones. One row may hold both the studio and its owner. Of a
    placeholder nothing is shown."""
    is_unclaimed = is_placeholder_address(owner.email)
    return PublicStudio(
        slug=slug_of(studio.name, studio.id),
        name=one_line(studio.name) or UNNAMED,
        host="" if is_unclaimed else one_line(owner.display_name),
        place=one_line(studio.city),
        summary=one_line(studio.short_about),
        about=studio.about or "",
        description=studio.description or "",
        home_studio=studio.home_studio_description or "",
        types=types_of(details),
        services=services_of(details),
        connections=connections_of(studio),
        other_connections=studio.custom_connection_methods or "",
        offers=lines_of(studio.services_offered),
        equipment=lines_of(studio.equipment_list),
        pictures=pictures_of(details.images),
        rates=rates_of(studio),
        reviews=tuple(reviews),
        rating=rating,
        point=point_shown(studio),
        is_exact=shows_exact_place(studio),
        email=one_line(owner.email) or None if studio.show_email and not is_unclaimed else None,
        phone=one_line(studio.phone) or None if studio.show_phone else None,
        address=one_line(studio.full_address) or None if studio.show_address else None,
        directions=directions_to(studio),
        links=links_of(studio),
        is_verified=studio.is_verified,
        is_featured=studio.is_featured,
        is_crb_checked=studio.is_crb_checked,
        since=studio.created_at,
        is_unclaimed=is_unclaimed,
    )


def public_review(row: Iterable[Any]) -> PublicReview:
    """From number, rating, text, whether the author is hidden, time, author's name, response."""
    number, rating, content, is_anonymous, at, author, response = row
    return PublicReview(
        number=number,
        rating=rating,
        content=content,
        author=None if is_anonymous else one_line(author),
        at=at,
        response=response,
    )
