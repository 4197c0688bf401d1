"""Where to search: resolves a typed place to a point on the map.

An unknown place is never ignored: the search then returns no studio, and the page offers
suggestions. Everything here uses only the points that the public may see.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from sqlalchemy import ColumnElement, select

from portal.directory.folding import fold, folded
from portal.directory.geography import KM_PER_DEGREE, Point, distance_km, middle
from portal.directory.kept.asking import is_indexed, session
from portal.directory.kept.memory import remembered
from portal.directory.models import StudioProfile
from portal.directory.pages.queries import listed_counts, listed_points
from portal.directory.places.countries import countries
from portal.directory.places.file import is_readable
from portal.directory.places.lookup import (
    country_named,
    dominant,
    is_name,
    largest_in,
    named,
    regions_named,
)
from portal.directory.places.place import Place
from portal.directory.places.postcodes import (
    area_of,
    district_of,
    postcode_and_place,
    postcode_in,
    postcodes_of,
)
from portal.directory.places.suggesting import nearest_names, suggestions
from portal.directory.search.cities import city_called, points_in, studios_at
from portal.directory.visibility import is_listed, point_shown
from portal.directory.words import normal
from portal.directory.words.language import language

MOST_OTHERS = 6
# Studios of a city are within this distance of its centre.
OF_A_CITY_KM = 60
MOST_ADDRESSES = 500
# Studios that decide which city of a name is meant; those that are read first.
MOST_POINTS, FIRST_POINTS = 120, 8
# The columns that `point_shown` needs.
SHOWN = (
    StudioProfile.latitude,
    StudioProfile.longitude,
    StudioProfile.show_address,
    StudioProfile.use_coordinates_for_map,
)
# U.S.A., L.A.
DOTTED = re.compile(r"(?<![^\W\d_])(?:[^\W\d_]\.){2,}")
FindCity = Callable[[str], str | None]


class Fault(Enum):
    AMBIGUOUS = auto()
    UNKNOWN_PLACE = auto()
    UNKNOWN_POSTCODE = auto()
    REGION = auto()


@dataclass(frozen=True)
class Location:
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


NO_LOCATION = Location()


def locate(near: str, country: str, listed_city: FindCity) -> Location:
    """`country` is a code; `listed_city` finds a city that studios name, also by prefix. A place
    that was found is remembered."""
    known, asked = remembered(), ("place", near, country)
    found: Location | None = known.answers.get(asked) if known else None
    if found is None:
        found = _located(near, country, listed_city)
        if known and found.point and known.is_indexed:
            known.answers.put(asked, found, len(near))
    return found


def _located(near: str, country: str, listed_city: FindCity) -> Location:
    if code := postcode_in(near):
        return _at_postcode(code)
    if both := postcode_and_place(near):
        return _at_postcode(both[0], both[1])
    for text in dict.fromkeys((near, _in_short(near))):
        if where := _known(text, country, listed_city):
            return where
    return _unknown(near, country)


def _in_short(near: str) -> str:
    """“L.A.” as LA, “in London” as London."""
    words = DOTTED.sub(lambda found: found[0].replace(".", ""), near).split()
    while len(words) > 1 and normal(words[0]) in language().empty:
        del words[0]
    return " ".join(words)


def _known(near: str, country: str, listed_city: FindCity) -> Location | None:
    if found := named(near, country):
        return _one_of(near, country, found, listed_city)
    return _at_listed(near, listed_city) or _in_area(near)


def _at_listed(near: str, listed_city: FindCity) -> Location | None:
    listed = _listed(near, listed_city)
    return Location(listed[0], middle(listed[1])) if listed and listed[1] else None


def _in_area(near: str) -> Location | None:
    """A country is a filter; of a region the cities are offered."""
    whole, regions = country_named(near), regions_named(near)
    if whole and {code for code, _ in regions} <= {whole}:
        return Location(near, country=whole)
    if not regions:
        return None
    cities = _labels(largest_in(regions, most=MOST_OTHERS))
    return Location(near, others=cities, fault=Fault.REGION)


def _one_of(near: str, country: str, found: list[Place], listed_city: FindCity) -> Location:
    """The one place with studios nearby, or the dominant one; otherwise the visitor chooses.

    A bare name may also be that of a town that is missing in the file; one with a country or state
    may not. Where the dominant one of all has studios, some points are enough.
    """
    cities = {fold(near.partition(",")[0]).strip(), *(fold(p.name) for p in found)}
    chosen = dominant(_apart(found))
    if chosen and any(_around(chosen.point, _points_in(cities, FIRST_POINTS))):
        return Location(chosen.name, chosen.point, others=_others(near, found, chosen))
    return _one_with_studios(near, country, found, _points_in(cities, MOST_POINTS), listed_city)


def _one_with_studios(
    near: str, country: str, found: list[Place], points: list[Point], listed_city: FindCity
) -> Location:
    """`points`: where studios of these names are."""
    likely = [place for place in found if any(_around(place.point, points))]
    is_own = any(place.is_own_name for place in found)
    if not likely and not country and is_name(near):
        if points:
            there = middle(list(_around(points[0], points)))
            name = near if is_own else found[0].name
            return Location(name, there, others=_others(near, found))
        if where := _instead_of_a_city(near, found, listed_city, is_own=is_own):
            return where
    chosen = dominant(_apart(likely or found))
    if chosen is None:
        return Location(near, others=_others(near, found), fault=Fault.AMBIGUOUS)
    return Location(chosen.name, chosen.point, others=_others(near, found, chosen))


def _instead_of_a_city(
    near: str, found: list[Place], listed_city: FindCity, *, is_own: bool
) -> Location | None:
    """What else the name of cities without studios may mean: USA, Ontario, “Lon” of London."""
    area = None if is_own else _at_listed(near, listed_city)
    area = area or _in_area(near)
    if area and area.fault:
        others = (*_others(near, found)[: MOST_OTHERS // 2], *area.others)
        return Location(near, others=others[:MOST_OTHERS], fault=Fault.AMBIGUOUS)
    return area


def _apart(found: list[Place]) -> list[Place]:
    """Without those around a likelier one: Manhattan and New York are one place to search."""
    apart: list[Place] = []
    for place in found:
        if not any(_around(place.point, [each.point for each in apart])):
            apart.append(place)
    return apart


def _others(near: str, found: list[Place], chosen: Place | None = None) -> tuple[str, ...]:
    """Those that have the name as their own, or begin with it, if any does: Oshkosh was called
    Athens once."""
    name = normal(near.partition(",")[0])
    own = [each for each in found if each.is_own_name or normal(each.name).startswith(name)]
    return _labels(place for place in own or found if place is not chosen)


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


def _around(centre: Point, points: list[Point]) -> Iterator[Point]:
    north = OF_A_CITY_KM / KM_PER_DEGREE * 1.01  # most are not even at that latitude
    for point in points:
        is_there = abs(point.latitude - centre.latitude) <= north
        if is_there and distance_km(point, centre) <= OF_A_CITY_KM:
            yield point


def _points_in(cities: set[str], most: int) -> list[Point]:
    """Points of studios that name one of these folded cities."""
    if is_indexed():
        return points_in(cities, most=most)
    rows = session().execute(
        select(*SHOWN)
        .where(is_listed(), folded(StudioProfile.city).in_(sorted(cities)))
        .order_by(StudioProfile.id)
        .limit(most)
    )
    return [point for row in rows if (point := point_shown(row))]


def _at_postcode(code: str, place: str = "") -> Location:
    """Searches only shown addresses: a hidden address is not found by its postcode.

    `place`: what was typed beside it, offered first if the postcode is unknown.
    """
    district = district_of(code)
    asked = (
        select(*SHOWN, StudioProfile.full_address, StudioProfile.city)
        .where(is_listed(), StudioProfile.show_address, _may_have(district))
        .order_by(StudioProfile.id)
    )
    rows = session().execute(asked).all()
    carried = [(postcodes_of(studio.full_address or ""), studio) for studio in rows]
    for wanted in (code, district):
        points = [
            point
            for codes, studio in carried
            if wanted in codes or wanted in map(district_of, codes)
            if (point := point_shown(studio))
        ]
        if points:
            return Location(wanted, middle(points))
    area = area_of(code)
    cities = [
        studio.city or "" for codes, studio in carried if area and area in map(area_of, codes)
    ]
    offered = filter(None, dict.fromkeys([place, *cities]))
    return Location(code, others=tuple(islice(offered, MOST_OTHERS)), fault=Fault.UNKNOWN_POSTCODE)


def _may_have(district: str) -> ColumnElement[bool]:
    """A prefilter: few studios, including all of the district."""
    if is_indexed():
        some = studios_at(district, area_of(district), most=MOST_ADDRESSES)
        return StudioProfile.id.in_(some)
    return StudioProfile.full_address.icontains(district[:2], autoescape=True)


def _unknown(near: str, country: str) -> Location:
    cities = {normal(count.name): count.name for count in listed_counts().cities}
    typed = normal(near.partition(",")[0])
    listed = [cities[name] for name in nearest_names(typed, list(cities))]
    by_name = {normal(name): name for name in countries().values()}
    others = [by_name[name] for name in nearest_names(typed, list(by_name))]
    others += [place.label for place in suggestions(near, country)]
    offered = {label.partition(",")[0] for label in others}
    others += [city for city in listed if city not in offered]
    return Location(near, others=tuple(others[:MOST_OTHERS]), fault=Fault.UNKNOWN_PLACE)
