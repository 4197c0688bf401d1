"""A city of the world."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.directory.geography import Point
from portal.directory.places.file import rows

COLUMNS = """c.id, c.name, c.country, c.region, c.latitude, c.longitude, c.population,
    (SELECT name FROM countries WHERE code = c.country),
    (SELECT name FROM regions r WHERE r.country = c.country AND r.region = c.region)"""
# Names that are rarely meant: Londres is London, and also a village.
WEIGHT_OF_ANOTHER_NAME = 0.1
# England is not part of a label.
UNSAID = ("GB", "ENG")


@dataclass(frozen=True)
class Place:
    """`country` is its two-letter code; `region` a state or the like, if known."""

    name: str
    country: str
    region: str
    point: Point
    population: int
    country_name: str
    region_name: str
    is_own_name: bool = True

    @property
    def label(self) -> str:
        """Distinguishes it from places of the same name; can be typed as well."""
        has_region = self.region_name and (self.country, self.region) != UNSAID
        parts = (self.name, self.region_name if has_region else "", self.country_name)
        return ", ".join(filter(None, parts))

    @property
    def weight(self) -> float:
        return max(self.population, 1) * (1 if self.is_own_name else WEIGHT_OF_ANOTHER_NAME)


def places(condition: str, values: Iterable[Any]) -> list[Place]:
    """Places that match a condition on names n and cities c, likeliest first."""
    sql = f"SELECT {COLUMNS}, max(n.is_own) FROM names n JOIN cities c ON c.id = n.city"  # noqa: S608
    found = rows(f"{sql} WHERE {condition} GROUP BY c.id", tuple(values))
    return ranked(_place(row) for row in found)


def ranked(given: Iterable[Place]) -> list[Place]:
    """Each label once, with its likeliest place."""
    by_label: dict[str, Place] = {}
    for place in sorted(given, key=lambda place: (-place.weight, place.label)):
        by_label.setdefault(place.label, place)
    return list(by_label.values())


def _place(row: Any) -> Place:
    _id, name, country, region, latitude, longitude, population, country_name, region_name, own = (
        row
    )
    point = Point(latitude, longitude)
    return Place(
        name, country, region, point, population, country_name, region_name or "", bool(own)
    )
