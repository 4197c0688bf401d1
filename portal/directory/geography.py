"""Points on the globe: distances, and how exactly a location may be shown.

All hidden addresses in a square of 5 km share one point outside of that square. It is used for
display, distances and sorting. Somebody who intersects circles finds that point, which is at least
a kilometre from each of the addresses, and learns no more than the square.
"""

from dataclasses import dataclass
from hashlib import sha256
from math import asin, cos, floor, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
KM_PER_MILE = 1.609344
KM_PER_DEGREE = 111.195
SQUARE_KM = 5.0
# From the middle of the square: 1.25 km beyond its edge.
MOVED_KM = SQUARE_KM / 2 + 1.25
# The greatest distance between an address and the point that is shown for it.
FARTHEST_KM = 7
# 80 metres, so that the point does not look like a door.
DECIMALS = 3
# Closer to the poles squares degenerate; no studio is there.
POLAR = 85


@dataclass(frozen=True)
class Point:
    """Degrees, north and east positive."""

    latitude: float
    longitude: float

    def roughly(self) -> "Point":
        """The point that is shown for every hidden address in the same square."""
        latitude, longitude, row, column = _square(self)
        north, east = _direction(row, column) if abs(latitude) < POLAR else (0, 0)
        north = north if north or east else (-1 if latitude > 0 else 1)  # away from the pole
        degrees = MOVED_KM / KM_PER_DEGREE
        longitude += east * degrees / cos(radians(latitude))
        return Point(
            round(latitude + north * degrees, DECIMALS),
            round((longitude + 180) % 360 - 180, DECIMALS),
        )


def _square(point: Point) -> tuple[float, float, int, int]:
    """The middle of the square that contains the point, and the square's row and column."""
    high = SQUARE_KM / KM_PER_DEGREE
    row = floor(point.latitude / high)
    latitude = min(max((row + 0.5) * high, -89.9), 89.9)
    columns = max(1, floor(360 * cos(radians(latitude)) / high))
    column = floor((point.longitude + 180) / 360 * columns) % columns
    return latitude, (column + 0.5) * 360 / columns - 180, row, column


def _direction(row: int, column: int) -> tuple[int, int]:
    """North, south, east or west, chosen by the square alone, so that no side has more studios."""
    directions = ((1, 0), (-1, 0), (0, 1), (0, -1))
    return directions[sha256(f"{row} {column}".encode()).digest()[0] % 4]


def point_of(latitude: float | None, longitude: float | None) -> Point | None:
    """A point, or None if a coordinate is missing or out of range."""
    if latitude is None or longitude is None:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Point(latitude, longitude)


def distance_km(a: Point, b: Point) -> float:
    """The great-circle distance between two points, by the haversine formula."""
    rise, run = radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)
    chord = (
        sin(rise / 2) ** 2 + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(run / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


def middle(points: list[Point]) -> Point:
    """The mean of points that are close to each other."""
    return Point(
        sum(point.latitude for point in points) / len(points),
        sum(point.longitude for point in points) / len(points),
    )
