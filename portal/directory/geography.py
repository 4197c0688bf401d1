"""Points on the globe: how far apart, and how exactly they may be shown."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
KM_PER_MILE = 1.609344
# Two decimals of a degree are about a kilometre: a district, not a door.
ROUGH_DECIMALS = 2


@dataclass(frozen=True)
class Point:
    """Degrees, north and east positive."""

    latitude: float
    longitude: float

    def roughly(self) -> "Point":
        return Point(round(self.latitude, ROUGH_DECIMALS), round(self.longitude, ROUGH_DECIMALS))


def point_of(latitude: float | None, longitude: float | None) -> Point | None:
    """A point, or None where a half is missing or off the globe."""
    if latitude is None or longitude is None:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Point(latitude, longitude)


def distance_km(a: Point, b: Point) -> float:
    """The great circle between two points, by the haversine formula."""
    rise, run = radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)
    chord = (
        sin(rise / 2) ** 2 + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(run / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


def middle(points: list[Point]) -> Point:
    """The mean of points that lie near each other."""
    return Point(
        sum(point.latitude for point in points) / len(points),
        sum(point.longitude for point in points) / len(points),
    )
