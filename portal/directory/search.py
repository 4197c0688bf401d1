"""Finding studios by words, place, type and service.

Distances are made from the coordinates that the public may see: made from the exact ones, three
of them would give a hidden address away.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import inspect

from portal.core.database import db
from portal.core.paging import Page, page_of
from portal.directory.derived.state import is_kept
from portal.directory.folding import fold
from portal.directory.geography import Point, distance_km
from portal.directory.index.circles import km_of
from portal.directory.index.documents import SERVICE, TYPE, rating_in
from portal.directory.index.finding import find
from portal.directory.index.statements import Hit
from portal.directory.index.writing import SEARCH
from portal.directory.locating import NOWHERE, Fault, Whereabouts, locate
from portal.directory.matches import Match, matches
from portal.directory.models import Service, StudioProfile, StudioType
from portal.directory.places.countries import countries, country_of
from portal.directory.public import Card, Rating
from portal.directory.queries import cards, listed_counts
from portal.directory.spelling import Corrected
from portal.directory.wish import Sort, Wish

PAGE = 24
Choice = TypeVar("Choice", Service, StudioType)


@dataclass(frozen=True)
class Chip:
    """A filter, the number of studios that it leaves, and the wish it leads to."""

    label: str
    count: int
    is_on: bool
    wish: Wish


@dataclass(frozen=True)
class Results:
    """`where` is the place found for what the visitor typed; `countries` are names by code;
    `has_more`: there are more than `page.total`."""

    wish: Wish
    page: Page[Card]
    types: list[Chip]
    services: list[Chip]
    where: Whereabouts = NOWHERE
    countries: dict[str, str] = field(default_factory=dict)
    corrected: Corrected | None = None
    has_more: bool = False
    is_from_index: bool = False

    @property
    def is_ambiguous(self) -> bool:
        return self.where.fault is Fault.AMBIGUOUS

    @property
    def is_postcode_unknown(self) -> bool:
        return self.where.fault is Fault.UNKNOWN_POSTCODE

    @property
    def heading(self) -> str:
        heading = "Studios"
        if self.where.point:
            heading = f"Studios around {self.where.name}"
        elif self.wish.country and not self.where.fault:
            heading = f"Studios in {self.wish.country_name}"
        return f"{heading} for “{self.wish.q}”" if self.wish.q else heading

    def page_address(self, address: Callable[[Wish], str]) -> Callable[[int], str]:
        return lambda number: address(self.wish.on_page(number))


def find_studios(wish: Wish) -> Results:
    where = locate(wish.near, wish.country, find_place) if wish.near else NOWHERE
    if where.country:
        wish = wish.around("", where.country)
    if is_kept(SEARCH) and not where.fault:
        return _in_index(wish, where)
    asked = [] if where.fault else matches(wish.words)
    found = [match for match in asked if _passes(match, wish)]
    if where.point:
        found = _within(found, where.point, wish.radius.km)
    order = ORDERS[wish.order]
    page = page_of(sorted(found, key=order), number=wish.page, size=PAGE)
    return Results(
        wish=wish.on_page(page.number),
        page=_with_cards(page),
        types=_chips(
            StudioType, wish.types, _counted(match.types for match in found), wish.with_type
        ),
        services=_chips(
            Service, wish.services, _counted(match.services for match in found), wish.with_service
        ),
        where=where,
        countries=countries() if where.fault else _countries(asked, wish.country),
    )


def _in_index(wish: Wish, where: Whereabouts) -> Results:
    connection = db.session.connection(bind_arguments={"mapper": inspect(StudioProfile)})
    found = find(connection, wish, where.point, size=PAGE)
    page = Page(found.hits, found.number, PAGE, found.total)
    counts = found.numbers.by_facet
    there = {*found.countries, wish.country}
    return Results(
        wish=wish.on_page(page.number),
        page=page.showing(_cards_of(found.hits)),
        types=_chips(
            StudioType,
            wish.types,
            {k: counts.get((TYPE, k.value), 0) for k in StudioType},
            wish.with_type,
        ),
        services=_chips(
            Service,
            wish.services,
            {k: counts.get((SERVICE, k.value), 0) for k in Service},
            wish.with_service,
        ),
        where=where,
        countries={code: name for code, name in countries().items() if code in there},
        corrected=found.corrected,
        has_more=found.has_more,
        is_from_index=True,
    )


def _cards_of(hits: list[Hit]) -> list[Card]:
    rated = {hit.studio_id: Rating(*told) for hit in hits if (told := rating_in(hit.rated))}
    far = {hit.studio_id: km_of(hit.chord) for hit in hits if hit.chord is not None}
    return cards([hit.studio_id for hit in hits], rated, far)


def _countries(found: Iterable[Match], chosen: str) -> dict[str, str]:
    """Those in which a studio was found, and the chosen one, in the order of their names."""
    codes = {country_of(match.point, match.city) for match in found} | {chosen}
    return {code: name for code, name in countries().items() if code in codes}


def _passes(match: Match, wish: Wish) -> bool:
    is_there = not wish.country or country_of(match.point, match.city) == wish.country
    has_all = match.types.issuperset(wish.types) and match.services.issuperset(wish.services)
    return is_there and has_all


def find_place(near: str) -> str | None:
    """The city that is meant: by its whole name, else by how it begins; the larger one first."""
    wanted = [fold(near).strip(), fold(near.split(",", maxsplit=1)[0]).strip()]
    cities = [count.name for count in listed_counts().cities]
    for name in filter(None, wanted):
        for fits in (str.__eq__, str.startswith):
            for city in cities:
                if fits(fold(city), name):
                    return city
    return None


def _within(found: list[Match], centre: Point, km: float) -> list[Match]:
    measured = (
        replace(match, distance_km=distance_km(centre, match.point))
        for match in found
        if match.point
    )
    return [match for match in measured if match.distance_km <= km]


def _counted(found: Iterable[frozenset[Choice]]) -> Counter[Choice]:
    return Counter(member for members in found for member in members)


def _chips(
    kind: type[Choice],
    chosen: Sequence[Choice],
    counts: Mapping[Choice, int],
    toggle: Callable[[Choice], Wish],
) -> list[Chip]:
    """The filters that leave something, most first; each chosen one stays, to be taken off."""
    counts = Counter(counts)
    shown = [member for member in kind if counts[member] or member in chosen]
    shown.sort(key=lambda member: (member not in chosen, -counts[member]))
    return [Chip(m.value, counts[m], m in chosen, toggle(m)) for m in shown]


def _with_cards(page: Page[Match]) -> Page[Card]:
    distances = {
        match.id: match.distance_km for match in page.items if match.distance_km < float("inf")
    }
    rated = {match.id: match.rating for match in page.items if match.rating}
    items = cards([match.id for match in page.items], rated, distances)
    return Page(items, page.number, page.size, page.total)


def _by_rating(match: Match) -> tuple[Any, ...]:
    rating = match.rating
    return (-rating.average, -rating.count) if rating else (0.0, 0)


def _by_name(match: Match) -> tuple[Any, ...]:
    return (fold(match.name), match.id)


ORDERS: dict[Sort, Callable[[Match], tuple[Any, ...]]] = {
    Sort.RELEVANCE: lambda match: (
        not match.is_name_hit,
        not match.is_featured,
        *_by_rating(match),
        *_by_name(match),
    ),
    Sort.DISTANCE: lambda match: (match.distance_km, *_by_name(match)),
    Sort.RATING: lambda match: (*_by_rating(match), *_by_name(match)),
    Sort.NEWEST: lambda match: (-match.created_at.timestamp(), -match.id),
    Sort.NAME: _by_name,
}
