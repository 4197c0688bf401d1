"""Where to search: resolves a typed place to a point on the map.

An unknown place is never ignored: the search then returns no studio, and the page offers
suggestions. Everything here uses only the points that the public may see.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from sqlalchemy import ColumnElement, select

from portal.directory.derived.counts import is_listed
from portal.directory.folding import fold, folded
from portal.directory.geography import Point, distance_km, middle
from portal.directory.kept.asking import is_indexed, session
from portal.directory.kept.memory import told
from portal.directory.models import StudioProfile
from portal.directory.pages.queries import listed_counts, listed_points
from portal.directory.places.file import is_readable
from portal.directory.places.lookup import country_named, dominant, is_name, named
from portal.directory.places.place import Place
from portal.directory.places.postcodes import area_of, district_of, postcode_in, postcodes_of
from portal.directory.places.suggesting import nearest_names, suggestions
from portal.directory.search.cities import city_called, points_in, studios_at
from portal.directory.visibility import point_shown
from portal.directory.words import normal

MOST_OTHERS = 6
# Studios of a city are within this distance of its centre.
OF_A_CITY_KM = 60
MOST_ADDRESSES = 500
# The columns that `point_shown` needs.
SHOWN = (
    StudioProfile.latitude,
    StudioProfile.longitude,
    StudioProfile.show_address,
    StudioProfile.use_coordinates_for_map,
)
FindCity = Callable[[str], str | None]


class Fault(Enum):
    AMBIGUOUS = auto()
    UNKNOWN_PLACE = auto()
    UNKNOWN_POSTCODE = auto()


@dataclass(frozen=True)
class Whereabouts:
    """`others` are alternative places, as they can be typed. With a `fault` there is no point, and
    no studio is found. A whole country has no point either, which is no fault."""

    name: str = ""
    point: Point | None = None
    country: str = ""
    others: tuple[str, ...] = ()
    fault: Fault | None = None

    @property
    def is_list_there(self) -> bool:
        """Whether the places file can be read; without it only studios' own cities are known."""
        return is_readable()


NOWHERE = Whereabouts()


def locate(near: str, country: str, listed_city: FindCity) -> Whereabouts:
    """`country` is a code; `listed_city` finds a city that studios name, also by prefix. A place
    that was found is remembered."""
    remembered, asked = told(), ("place", near, country)
    found: Whereabouts | None = remembered.others.get(asked) if remembered else None
    if found is None:
        found = _located(near, country, listed_city)
        if remembered and found.point and remembered.is_indexed:
            remembered.others.put(asked, found, len(near))
    return found


def _located(near: str, country: str, listed_city: FindCity) -> Whereabouts:
    if code := postcode_in(near):
        return _at_postcode(code)
    if found := named(near, country):
        return _one_of(near, found, is_bare=not country and is_name(near))
    if (listed := _listed(near, listed_city)) and listed[1]:
        return Whereabouts(listed[0], middle(listed[1]))
    if whole := country_named(near):
        return Whereabouts(near, country=whole)
    return _unknown(near, country)


def _one_of(near: str, found: list[Place], *, is_bare: bool) -> Whereabouts:
    """The one place with studios nearby, or the dominant one; otherwise the visitor chooses.

    A bare name may also be that of a town that is missing in the file; one with a country or state
    may not.
    """
    points = _points_in({fold(near.partition(",")[0]).strip(), *(fold(p.name) for p in found)})
    likely = [place for place in found if _around(place.point, points)]
    if is_bare and points and not likely:
        there = middle(_around(points[0], points))
        return Whereabouts(near, there, others=_labels(found))
    chosen = likely[0] if len(likely) == 1 else dominant(likely or found)
    others = _labels(place for place in found if place is not chosen)
    if chosen is None:
        return Whereabouts(near, others=others, fault=Fault.AMBIGUOUS)
    return Whereabouts(chosen.name, chosen.point, others=others)


def _listed(near: str, listed_city: FindCity) -> tuple[str, list[Point]] | None:
    """A city that studios name, matched by its whole name or a prefix, and its studios' points."""
    if is_indexed():
        return city_called(names_of(near), most=MOST_ADDRESSES)
    city = listed_city(near)
    return (city, listed_points(city)) if city else None


def names_of(near: str) -> list[str]:
    """The parts of the text that may be a city's name, folded."""
    wanted = (fold(near).strip(), fold(near.partition(",")[0]).strip())
    return [name for name in dict.fromkeys(wanted) if name]


def _labels(found: Iterable[Place]) -> tuple[str, ...]:
    return tuple(islice((place.label for place in found), MOST_OTHERS))


def _around(centre: Point, points: list[Point]) -> list[Point]:
    return [point for point in points if distance_km(point, centre) <= OF_A_CITY_KM]


def _points_in(cities: set[str]) -> list[Point]:
    """Points of studios that name one of these folded cities."""
    if is_indexed():
        return points_in(cities, most=MOST_ADDRESSES)
    rows = session().execute(
        select(*SHOWN)
        .where(is_listed(), folded(StudioProfile.city).in_(sorted(cities)))
        .order_by(StudioProfile.id)
        .limit(MOST_ADDRESSES)
    )
    return [point for row in rows if (point := point_shown(row))]


def _at_postcode(code: str) -> Whereabouts:
    """Searches only shown addresses: a hidden address is not found by its postcode."""
    district = district_of(code)
    rows = (
        session()
        .execute(
            select(*SHOWN, StudioProfile.full_address, StudioProfile.city)
            .where(is_listed(), StudioProfile.show_address, _may_have(district))
            .order_by(StudioProfile.id)
        )
        .all()
    )
    carried = [(postcodes_of(studio.full_address or ""), studio) for studio in rows]
    for wanted in (code, district):
        points = [
            point
            for codes, studio in carried
            if wanted in codes or wanted in map(district_of, codes)
            if (point := point_shown(studio))
        ]
        if points:
            return Whereabouts(wanted, middle(points))
    area = area_of(district)
    cities = [
        studio.city
        for codes, studio in carried
        if studio.city and any(area_of(each) == area for each in codes)
    ]
    cities = list(dict.fromkeys(cities)) if area else []
    return Whereabouts(code, others=tuple(cities[:MOST_OTHERS]), fault=Fault.UNKNOWN_POSTCODE)


def _may_have(district: str) -> ColumnElement[bool]:
    """A prefilter: few studios, including all of the district."""
    if is_indexed():
        some = studios_at(district, area_of(district), most=MOST_ADDRESSES)
        return StudioProfile.id.in_(some)
    return StudioProfile.full_address.icontains(district[:2], autoescape=True)


def _unknown(near: str, country: str) -> Whereabouts:
    cities = {normal(count.name): count.name for count in listed_counts().cities}
    typed = normal(near.partition(",")[0])
    listed = [cities[name] for name in nearest_names(typed, list(cities))]
    others = [place.label for place in suggestions(near, country)]
    offered = {label.partition(",")[0] for label in others}
    others += [city for city in listed if city not in offered]
    return Whereabouts(near, others=tuple(others[:MOST_OTHERS]), fault=Fault.UNKNOWN_PLACE)
