"""What the public may see of a studio, according to its owner's flags.

Source of the rules: what an owner hides (email, phone, address, exact location, directions, rates)
is not in a page's source in any form.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from sqlalchemy import ColumnElement, Row, and_

from portal.directory.folding import one_line
from portal.directory.geography import Point, point_of
from portal.directory.models import CONNECTIONS, StudioProfile, StudioStatus
from portal.directory.pictures import Sources, sources_of

IMAGE_NAME = re.compile(r"[0-9a-f]{16,64}\.(?:webp|jpg|png)")
IMAGES = "/images/"
SOCIAL = ("linkedin", "x", "instagram", "facebook", "youtube", "vimeo", "soundcloud")
SOCIAL_NAMES = {"linkedin": "LinkedIn", "x": "X", "youtube": "YouTube", "soundcloud": "SoundCloud"}
WEBSITE = "Website"
MINUTES = (15, 30, 60)
_TICKS = [(f"connection{place}", name) for place, name in enumerate(CONNECTIONS, start=1)]
_PLACES = {name: place for place, name in enumerate(CONNECTIONS)}
_studios = StudioProfile.__table__.c
_IS_LISTED = and_(_studios.status == StudioStatus.ACTIVE, _studios.is_profile_visible.is_(True))
LISTED_SQL = f"status = '{StudioStatus.ACTIVE}' AND is_profile_visible"
"""`is_listed` as text, for the table of any revision on either engine."""

Size = tuple[int, int]


def is_listed() -> ColumnElement[bool]:
    """Of the studios that visitors see. Of one row: `portal.directory.models.is_listed_row`."""
    return _IS_LISTED


@dataclass(frozen=True)
class Picture:
    """`size`: width and height in pixels, where they are known."""

    name: str
    alt: str
    size: Size | None = None

    @property
    def sources(self) -> Sources:
        return sources_of(self.name, *(self.size or ()))


@dataclass(frozen=True)
class Image:
    """As stored in its row; `size` from that of its file."""

    image_url: str
    alt_text: str | None
    size: Size | None = None


@dataclass
class Details:
    """Related rows of a studio: images in order, services and types by name."""

    images: list[Image] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)

    def add(self, kind: str, value: str, words: str | None, size: Size | None = None) -> None:
        if kind == "image":
            self.images.append(Image(value, words, size))
        else:
            (self.services if kind == "service" else self.types).append(value)


@dataclass(frozen=True)
class Link:
    label: str
    href: str

    @property
    def shown(self) -> str:
        """The host of the address, which says where it leads: “quiet.example”."""
        return (urlsplit(self.href).hostname or self.label).removeprefix("www.")


@dataclass(frozen=True)
class Rate:
    minutes: int
    pounds: int


@lru_cache(4096)
def slug_of(name: str, number: int) -> str:
    """“soho-voice-rooms-12”: the name for people, the number as the permanent id."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return f"{words or 'studio'}-{number}"


def number_in(slug: str) -> int | None:
    found = re.fullmatch(r"[a-z0-9-]{1,70}-([0-9]{1,9})", slug)
    return int(found[1]) if found else None


class Place(Protocol):
    """A studio, or a row with these columns."""

    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...
    @property
    def show_address(self) -> bool: ...
    @property
    def use_coordinates_for_map(self) -> bool: ...


def shows_exact_place(studio: Place) -> bool:
    """The exact point reveals the address, so both flags must allow it."""
    return studio.show_address and studio.use_coordinates_for_map


def point_shown(studio: Place) -> Point | None:
    point = point_of(studio.latitude, studio.longitude)
    return point if point is None or shows_exact_place(studio) else point.roughly()


def directions_to(studio: StudioProfile | Row[Any]) -> str | None:
    """A directions link, built only from what is shown anyway."""
    point = point_shown(studio) if shows_exact_place(studio) else None
    to = f"{point.latitude},{point.longitude}" if point else studio.full_address
    if not (studio.show_directions and studio.show_address and to):
        return None
    return "https://www.openstreetmap.org/directions?" + urlencode({"to": to})


def rates_of(studio: StudioProfile | Row[Any]) -> tuple[Rate, ...]:
    if not studio.show_rates:
        return ()
    tiers = (studio.rate_tier_1, studio.rate_tier_2, studio.rate_tier_3)
    return tuple(Rate(m, p) for m, p in zip(MINUTES, tiers, strict=True) if p is not None)


def pictures_of(images: list[Image]) -> tuple[Picture, ...]:
    """Pictures stored on this site; an external address would reveal visitors to another server."""
    return tuple(filter(None, map(_picture, images)))


def first_picture(images: list[Image]) -> Picture | None:
    return next(filter(None, map(_picture, images)), None)


def is_kept_here(address: str) -> bool:
    return bool(IMAGE_NAME.fullmatch(address.removeprefix(IMAGES)))


def _picture(image: Image) -> Picture | None:
    name = image.image_url.removeprefix(IMAGES)
    if not IMAGE_NAME.fullmatch(name):
        return None
    return Picture(name, one_line(image.alt_text), image.size)


def links_of(studio: StudioProfile | Row[Any]) -> tuple[Link, ...]:
    named = [(WEBSITE, studio.website_url)]
    named += [
        (SOCIAL_NAMES.get(name, name.capitalize()), getattr(studio, f"{name}_url"))
        for name in SOCIAL
    ]
    return tuple(Link(label, href) for label, href in named if href and is_web_address(href))


def is_web_address(href: str) -> bool:
    try:
        parts = urlsplit(href)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def connections_of(studio: StudioProfile | Row[Any]) -> tuple[str, ...]:
    """The names of the connections that the owner ticked."""
    return tuple(name for column, name in _TICKS if getattr(studio, column))


def types_of(details: Details) -> tuple[str, ...]:
    return tuple(sorted(details.types))


def services_of(details: Details) -> tuple[str, ...]:
    return tuple(sorted(details.services, key=lambda name: (_PLACES.get(name, 99), name)))


def lines_of(text: str | None) -> tuple[str, ...]:
    lines = (one_line(line).strip("-•* ") for line in (text or "").splitlines())
    return tuple(line for line in lines if line)
