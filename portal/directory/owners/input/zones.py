"""The time zone of a studio: as its owner types it, or that of its place."""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from portal.core.zones import offered_zones, zone_called
from portal.directory.geography import Point, distance_km
from portal.directory.owners.input.place import likeliest
from portal.directory.places.countries import country_of
from portal.directory.words import normal

SMALL = frozenset({"Europe/Busingen", "Africa/Ceuta"})
"""Zones of an exclave whose clocks show what the rest of the country's show."""
UNKNOWN = "“{}” is no time zone. Type a city, such as London or New York."


class _Zone(NamedTuple):
    name: str
    point: Point


def zone_typed(text: str) -> str:
    """The zone for its name, the city that it is named after, or any city. Raises ValueError."""
    text = text.strip()
    if not text:
        return ""
    found = zone_called(text) or _by_city().get(normal(text)) or _zone_of_place(text)
    if found is None:
        raise ValueError(UNKNOWN.format(text))
    return found


def zone_at(point: Point | None, city: str) -> str | None:
    """The zone of the same country whose own city is nearest."""
    country = country_of(point, city)
    zones = _by_country().get(country or "", ())
    if point is None:
        return zones[0].name if len(zones) == 1 else None
    nearest = min(zones, key=lambda each: distance_km(point, each.point), default=None)
    return nearest.name if nearest else None


def _zone_of_place(text: str) -> str | None:
    place = likeliest(text)
    return zone_at(place.point, place.name) if place else None


@lru_cache
def _by_city() -> dict[str, str]:
    """“new york” of America/New_York."""
    return {normal(name.rpartition("/")[2].replace("_", " ")): name for name in offered_zones()}


@lru_cache
def _by_country() -> dict[str, tuple[_Zone, ...]]:
    found: dict[str, tuple[_Zone, ...]] = {}
    text = (files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, where, name = line.split("\t")[:3]
            if name in SMALL:
                continue
            found[country] = (*found.get(country, ()), _Zone(name, _point(where)))
    return found


def _point(text: str) -> Point:
    """From ISO 6709: +5130-00007, or with seconds."""
    at = max(text.rfind("+"), text.rfind("-"))
    return Point(_degrees(text[:at], 2), _degrees(text[at:], 3))


def _degrees(text: str, whole: int) -> float:
    digits = text[1:].ljust(whole + 4, "0")
    degrees = int(digits[:whole]) + int(digits[whole : whole + 2]) / 60
    degrees += int(digits[whole + 2 :]) / 3600
    return -degrees if text[0] == "-" else degrees
