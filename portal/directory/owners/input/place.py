"""The place of a studio: the city that its owner types, and the point on the map that it gives."""

import re
from dataclasses import dataclass

from portal.directory.folding import one_line
from portal.directory.geography import Point, distance_km, point_of
from portal.directory.owners.own import Own
from portal.directory.places.lookup import dominant, named
from portal.directory.places.place import Place
from portal.directory.places.suggesting import suggestions
from portal.directory.words import normal

MOST_OTHERS = 4
FAR_KM = 60
"""Coordinates farther from the city's middle than this are likely a mistake."""
DECIMALS = 6
SAME_DEGREES = 1e-6
NUMBER = r"([-+−]?\d{1,3}(?:\.\d+)?)\s*°?\s*([NSEW]?)"
PAIR = re.compile(rf"\(?\s*{NUMBER}\s*[,;/\s]\s*{NUMBER}\s*\)?", re.IGNORECASE)
IN_LINK = re.compile(
    r"(?:@|map=\d+/|[?&](?:mlat|q|ll)=)([-+]?\d+\.\d+)(?:,|/|&mlon=)([-+]?\d+\.\d+)"
)
COORDINATES = "Give latitude and longitude, such as 51.5136, -0.1365."


@dataclass(frozen=True)
class Where:
    """What a typed city may mean. `city`: as it is stored; `place`: the likeliest, `is_sure` where
    it is far likelier than `others`, which have the same name, or a similar one where there is no
    `place`."""

    city: str
    place: Place | None = None
    others: tuple[Place, ...] = ()
    is_sure: bool = False


def likeliest(typed: str) -> Place | None:
    """The place that a typed city most likely is."""
    return next(iter(named(one_line(typed))), None)


def where_is(typed: str) -> Where:
    typed = one_line(typed)
    found = named(typed)
    if not found:
        return Where(typed, None, tuple(suggestions(typed)[:MOST_OTHERS]) if typed else ())
    place = found[0]
    others = [each for each in found[1:] if each.is_own_name or not place.is_own_name]
    sure = dominant(found) is not None
    return Where(spelled(typed, place), place, tuple(others[:MOST_OTHERS]), sure)


def spelled(typed: str, place: Place) -> str:
    """The place's name, except where the whole text is another name of it, such as Köln."""
    alone = normal(typed)
    is_other_name = "," not in typed and alone != normal(place.name)
    return typed if is_other_name and not place.is_own_name else place.name


def place_of(own: Own) -> Place | None:
    """The place of the studio's city whose point the studio has."""
    point = stored_point(own)
    for place in named(own.studio.city or ""):
        if point and _is_same(point, place.point):
            return place
    return None


def stored_point(own: Own) -> Point | None:
    return point_of(own.studio.latitude, own.studio.longitude)


def own_coordinates(own: Own) -> str:
    """Empty where the point is that of the city."""
    point = stored_point(own)
    return "" if point is None or place_of(own) else written(point)


def put_city(own: Own, typed: str) -> None:
    """Coordinates that the owner gave stay."""
    had_own, place = bool(own_coordinates(own)), likeliest(typed)
    own.studio.city = (spelled(one_line(typed), place) if place else one_line(typed)) or None
    if not had_own:
        _put_point(own, place.point if place else None)


def put_coordinates(own: Own, text: str) -> None:
    """Without coordinates, the point is that of the city."""
    place = likeliest(own.studio.city or "")
    _put_point(own, read_point(text) or (place.point if place else None))


def _put_point(own: Own, point: Point | None) -> None:
    own.studio.latitude = point.latitude if point else None
    own.studio.longitude = point.longitude if point else None


def is_far(own: Own) -> bool:
    """Whether the owner's coordinates are nowhere near the city."""
    point, place = stored_point(own), likeliest(own.studio.city or "")
    is_own = bool(own_coordinates(own))
    return bool(is_own and point and place and distance_km(point, place.point) > FAR_KM)


def read_point(text: str) -> Point | None:
    """From “51.5136, -0.1365”, “51.5136 N 0.1365 W” or the address of a map. None for an empty
    text. Raises ValueError."""
    text = one_line(text)
    if not text:
        return None
    if found := IN_LINK.search(text):
        return _within(float(found[1]), float(found[2]))
    pair = PAIR.fullmatch(text)
    if pair is None:
        raise ValueError(COORDINATES)
    first, second = _degrees(pair[1], pair[2]), _degrees(pair[3], pair[4])
    is_turned = pair[2].upper() in {"E", "W"} or pair[4].upper() in {"N", "S"}
    return _within(second, first) if is_turned else _within(first, second)


def _degrees(number: str, side: str) -> float:
    degrees = float(number.replace("−", "-"))
    return -degrees if side.upper() in {"S", "W"} else degrees


def _within(latitude: float, longitude: float) -> Point:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("Latitude is between -90 and 90, longitude between -180 and 180.")
    return Point(round(latitude, DECIMALS), round(longitude, DECIMALS))


def written(point: Point) -> str:
    return f"{point.latitude:.{DECIMALS}f}".rstrip("0").rstrip(".") + (
        f", {point.longitude:.{DECIMALS}f}".rstrip("0").rstrip(".")
    )


def _is_same(one: Point, other: Point) -> bool:
    return (
        abs(one.latitude - other.latitude) < SAME_DEGREES
        and abs(one.longitude - other.longitude) < SAME_DEGREES
    )
