"""Countries, and the country of a studio."""

from math import cos, radians

from portal.directory.geography import Point, distance_km
from portal.directory.places.file import cached_answers, rows
from portal.directory.places.lookup import country_named
from portal.directory.places.place import Place, places
from portal.directory.words import normal

# A studio within this distance of the city it names is in that city; a hidden address is moved.
SAME_CITY_KM = 60
# Degrees around a point within which its nearest city is searched.
AROUND = (1, 5)


@cached_answers(1)
def countries() -> dict[str, str]:
    """Names by code, ordered by name."""
    return dict(rows("SELECT code, name FROM countries ORDER BY name"))


def country_code(text: str) -> str | None:
    """The code for a code or a name; None if no country has that name."""
    code = text.strip().upper()
    return code if code in countries() else country_named(text)


@cached_answers(20_000)
def country_of(point: Point | None, city: str) -> str | None:
    """The country of a studio, from its public location; None if that is not enough."""
    found = places("n.name = ?", (normal(city),)) if city else []
    if point is None:
        codes = {place.country for place in found}
        return codes.pop() if len(codes) == 1 else None
    near = _nearest(point, found)
    if near and distance_km(point, near.point) <= SAME_CITY_KM:
        return near.country
    nearest = _nearest_city(point)
    return nearest.country if nearest else None


def _nearest_city(point: Point) -> Place | None:
    for degrees in AROUND:
        wide = degrees / max(cos(radians(point.latitude)), 0.1)
        box = (point.latitude - degrees, point.latitude + degrees)
        sides = (point.longitude - wide, point.longitude + wide)
        where = "c.latitude BETWEEN ? AND ? AND c.longitude BETWEEN ? AND ? AND n.is_own"
        if found := places(where, (*box, *sides)):
            return _nearest(point, found)
    return None


def _nearest(point: Point, found: list[Place]) -> Place | None:
    return min(found, key=lambda place: distance_km(point, place.point), default=None)
