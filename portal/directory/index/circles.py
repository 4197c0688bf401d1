"""A circle around a place, and the squares of the globe that it touches."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import asin, cos, degrees, radians, sin, sqrt

from portal.directory.geography import EARTH_RADIUS_KM, Point
from portal.directory.index.documents import CELLS, cell_token, column_of, row_of

# Up to so many kilometres squares of this kind are asked for: at most some thousand of them.
KINDS = ((60, "g"), (300, "h"), (float("inf"), "i"))
WIDER = 1.001
ROUNDING = 1e-9


@dataclass(frozen=True)
class Circle:
    """Around a point on the ball; `chord` is the square of the straight line to its edge."""

    centre: Point
    km: float

    @property
    def chord(self) -> float:
        return (2 * sin(min(self.km / EARTH_RADIUS_KM, 3.14159) / 2)) ** 2

    @cached_property
    def kind(self) -> str:
        return next(kind for km, kind in KINDS if self.km <= km)

    @cached_property
    def size(self) -> float:
        return CELLS[self.kind]

    def ranges(self) -> list[tuple[str, str]]:
        """From the first to the last token of the squares that it touches, in each row."""
        wide = degrees(self.km / EARTH_RADIUS_KM) * WIDER
        south, north = (max(-90.0, min(90.0, self.centre.latitude + by)) for by in (-wide, wide))
        columns = list(self._columns(south, north))
        return [
            (
                cell_token(self.kind, row, first, self.size),
                cell_token(self.kind, row, last, self.size),
            )
            for row in range(row_of(south, self.size), row_of(north, self.size) + 1)
            for first, last in columns
        ]

    def _columns(self, south: float, north: float) -> Iterator[tuple[int, int]]:
        """All of them around a pole; two runs where it reaches over the 180th degree."""
        around = round(360 / self.size)
        east = self._east() if south > -89 and north < 89 else 180.0
        first, last = (column_of(self.centre.longitude + by, self.size) for by in (-east, east))
        if last - first >= around - 1:
            yield 0, around - 1
        elif first // around == last // around:
            yield first, last
        else:
            yield first, around - 1
            yield 0, last % around

    def _east(self) -> float:
        wide = sin(min(self.km / EARTH_RADIUS_KM, 1.5)) / cos(radians(self.centre.latitude))
        return degrees(asin(min(1.0, wide))) * WIDER if wide < 1 else 180.0

    def span(self, token: str) -> tuple[float, float]:
        """The straight lines to the nearest and to the farthest that a studio of a square can be:
        its middle, and half of its diagonal less or more."""
        south = int(token[2:7]) * self.size - 90
        north, east = radians(south + self.size / 2), int(token[7:]) * self.size - 180
        apart = radians(east + self.size / 2 - self.centre.longitude)
        here = radians(self.centre.latitude)
        dot = cos(here) * cos(north) * cos(apart) + sin(here) * sin(north)
        middle, half = sqrt(max(0.0, 2 - 2 * dot)), _half_diagonal(south, self.size)
        return max(0.0, middle - half), middle + half


def _half_diagonal(south: float, size: float) -> float:
    """An arc, which is never shorter than the straight line."""
    widest = max(cos(radians(south)), cos(radians(south + size)), 1.0 * (south < 0 < south + size))
    return radians(size) / 2 * sqrt(1 + widest**2) * WIDER + ROUNDING


def km_of(chord: float) -> float:
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(max(0.0, chord)) / 2))
