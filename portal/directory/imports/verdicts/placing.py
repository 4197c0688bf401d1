"""The place of a row: its city, with the country's help, and its point on the map."""

import re
from dataclasses import dataclass, field

from portal.directory.folding import one_line
from portal.directory.geography import Point, distance_km
from portal.directory.imports.columns import COORDINATES, COUNTRY, LATITUDE, LONGITUDE
from portal.directory.owners.input.place import FAR_KM, read_point, spelled
from portal.directory.places.countries import country_code
from portal.directory.places.file import cached_answers
from portal.directory.places.lookup import named
from portal.directory.places.place import Place

DECIMAL_COMMA = re.compile(r"[-+−]?\d{1,3},\d+")
PLAIN = re.compile(r"[-+−]?\d{1,3}(?:\.\d+)?\s*°?\s*[NSEW]?", re.IGNORECASE)
SIDES = {
    LATITUDE: re.compile(r"[NS]$", re.IGNORECASE),
    LONGITUDE: re.compile(r"[EW]$", re.IGNORECASE),
}
LIMITS = {LATITUDE: 90, LONGITUDE: 180}
EXAMPLES = {LATITUDE: "51.5136", LONGITUDE: "-0.1365"}
SWAPPED = "Latitude and longitude are exchanged here. Exchange the two cells, or the two columns."


@dataclass
class Placed:
    """`city` and `point` as they will be stored. `problems`: a sentence by the field's name;
    `doubt`: why the point may be wrong although it can be read."""

    city: str = ""
    point: Point | None = None
    is_given: bool = False
    problems: dict[str, str] = field(default_factory=dict)
    doubt: str | None = None


def placed(cells: dict[str, str]) -> Placed:
    """`cells`: of the fields city, country, latitude, longitude, coordinates."""
    found = Placed()
    country = one_line(cells.get(COUNTRY))
    if country and not _code(country):
        found.problems[COUNTRY] = f"“{_short(country)}” is no country that is known here."
    city, places = _city(one_line(cells.get("city")), country)
    found.city = city
    point = _point(cells, found)
    found.is_given = point is not None
    if point and not found.problems:
        _compare(point, places, found)
    found.point = point or (places[0].point if places else None)
    return found


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


@cached_answers(2000)
def _code(country: str) -> str | None:
    return country_code(country)


@cached_answers(20_000)
def _city(typed: str, country: str) -> tuple[str, tuple[Place, ...]]:
    """As it is stored, and where it may be, likeliest first."""
    if not typed:
        return "", ()
    anywhere = named(typed)
    city = spelled(typed, anywhere[0]) if anywhere else typed
    code = _code(country) if country else None
    return city, tuple(named(typed, code) if code else anywhere)


def _point(cells: dict[str, str], found: Placed) -> Point | None:
    pair = one_line(cells.get(COORDINATES))
    if pair:
        return _read(pair, found, COORDINATES)
    degrees = {name: _plain(one_line(cells.get(name))) for name in LIMITS}
    given = {name: text for name, text in degrees.items() if text}
    for name, text in given.items():
        if not PLAIN.fullmatch(text):
            found.problems[name] = f"Give degrees as a number, such as {EXAMPLES[name]}."
    if found.problems.keys() & LIMITS.keys() or not given:
        return None
    if len(given) == 1:
        name, other = (LATITUDE, LONGITUDE) if LATITUDE in given else (LONGITUDE, LATITUDE)
        found.problems[other] = f"The {name} is given and the {other} is not. Give both or none."
        return None
    return _two(given[LATITUDE], given[LONGITUDE], found)


def _two(latitude: str, longitude: str, found: Placed) -> Point | None:
    try:
        point = read_point(f"{latitude}, {longitude}")
        if not (SIDES[LATITUDE].search(longitude) or SIDES[LONGITUDE].search(latitude)):
            return point
        error, is_swapped = ValueError(), True
    except ValueError as wrong:
        error, is_swapped = wrong, _fits(longitude, latitude)
    found.problems[LATITUDE] = SWAPPED if is_swapped else str(error)
    if is_swapped:
        found.problems[LONGITUDE] = SWAPPED
    return None


def _fits(latitude: str, longitude: str) -> bool:
    try:
        return read_point(f"{latitude}, {longitude}") is not None
    except ValueError:
        return False


def _read(text: str, found: Placed, name: str) -> Point | None:
    try:
        return read_point(text[:500])
    except ValueError as error:
        found.problems[name] = str(error)
        return None


def _plain(text: str) -> str:
    """With a decimal point: “51,5136” is written so where the comma is the decimal sign."""
    return text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text


def _compare(point: Point, places: tuple[Place, ...], found: Placed) -> None:
    if not places or _is_near(point, places):
        return
    turned = Point(point.longitude, point.latitude)
    if abs(turned.latitude) <= LIMITS[LATITUDE] and _is_near(turned, places):
        found.problems |= {LATITUDE: SWAPPED, LONGITUDE: SWAPPED}
        return
    km = min(distance_km(point, each.point) for each in places)
    found.doubt = f"The point is {km:,.0f} km from {places[0].name}"


def _is_near(point: Point, places: tuple[Place, ...]) -> bool:
    return any(distance_km(point, each.point) <= FAR_KM for each in places)
