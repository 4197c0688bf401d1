"""A circle around a place, and the squares of the globe that it touches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property, lru_cache
from math import acos, asin, ceil, cos, degrees, floor, pi, radians, sin, sqrt

from portal.directory.geography import EARTH_RADIUS_KM, KM_PER_DEGREE, Point
from portal.directory.index.documents import CELLS, column_of, row_of, square

FINER = 4
"""Squares of a kind on a side of the next wider kind's."""
ACROSS = 3
"""So many squares of the widest kind are within the radius, so those of the middle are inside."""
ROWS = 100
"""So many rows of squares, at most, from the centre to the edge: the edge's squares are that fine.
"""
WIDER = 1.001
ROUNDING = 1e-9
Span = tuple[float, float]
Run = tuple[int, int]
"""Columns from the first to the last, beyond the 180th degree as well."""


class Place(Enum):
    """Of a square; `OUTSIDE` as well where finer ones are in its place."""

    OUTSIDE = auto()
    TOUCHED = auto()
    INSIDE = auto()


@dataclass(frozen=True)
class Circle:
    """Around a point on the ball; `chord` is the square of the straight line to its edge.

    It is covered by squares of a wide kind that are wholly inside, ever finer ones beside them, and
    at its edge squares of the kind `edge_kind` that it touches.
    """

    centre: Point
    km: float

    @property
    def chord(self) -> float:
        return (2 * sin(min(self._radius, pi) / 2)) ** 2

    @cached_property
    def edge_kind(self) -> str:
        return next((k for k, size in CELLS.items() if self.km <= ROWS * _km(size)), _KINDS[-1])

    @cached_property
    def _widest(self) -> str:
        """Never finer than the edge's."""
        fit = [kind for kind, size in CELLS.items() if ACROSS * _km(size) <= self.km]
        return max([self.edge_kind, *fit], key=_KINDS.index)

    @property
    def _radius(self) -> float:
        return self.km / EARTH_RADIUS_KM

    def ranges(self, *, by_distance: bool) -> list[tuple[str, str]]:
        """The first and the last token of squares side by side; `by_distance`: around the middle
        with ever finer ones in their place."""
        if by_distance not in self._ranges:
            self._ranges[by_distance] = self._make_ranges(by_distance=by_distance)
        return self._ranges[by_distance]

    @cached_property
    def _ranges(self) -> dict[bool, list[tuple[str, str]]]:
        return {}

    def _make_ranges(self, *, by_distance: bool) -> list[tuple[str, str]]:
        found = [*self._cover()]
        if by_distance:
            found += [each for kind in self._holes for each in self._middle(kind)]
        around = {kind: round(360 / size) for kind, size in CELLS.items()}
        return [
            (square(kind, row, first), square(kind, row, last))
            for kind, row, run in found
            for first, last in _wrapped(run, around[kind])
        ]

    def finer(self, tokens: Iterable[str], times: int) -> list[tuple[str, str]]:
        """As `ranges`, of the squares that these are made of: so many kinds finer, if there are."""
        found = list[tuple[str, str]]()
        for token in tokens:
            at = _KINDS.index(token[0])
            by = min(times, at)
            kind, (row, column), side = _KINDS[at - by], _place(token), FINER**by
            first, last = column * side, (column + 1) * side - 1
            found += [
                (square(kind, each, first), square(kind, each, last))
                for each in range(row * side, (row + 1) * side)
            ]
        return found

    def is_asked(self, token: str, *, by_distance: bool) -> bool:
        """Whether the square stands for itself; else finer ones are in its place."""
        if not by_distance or token[0] not in self._holes:
            return True
        (row, column), (middle, at) = _place(token), self._holes[token[0]]
        around = round(360 / CELLS[token[0]])
        return abs(row - middle) > 1 or (column - at + 1) % around > 2

    def is_inside(self, token: str) -> bool:
        """Whether it is known to be by its kind alone; others have to be measured."""
        return token[0] != self.edge_kind

    def place(self, token: str, *, by_distance: bool) -> tuple[Place, float, float]:
        """Where the square is, and its span."""
        key = by_distance, token
        if key not in self._places:
            is_plain = self.is_inside(token) and not by_distance
            nearest, farthest = (0.0, 0.0) if is_plain else self.span(token)
            edge, place = sqrt(self.chord), Place.TOUCHED
            if nearest > edge or not self.is_asked(token, by_distance=by_distance):
                place = Place.OUTSIDE
            elif farthest < edge or self.is_inside(token):
                place = Place.INSIDE
            self._places[key] = place, nearest, farthest
        return self._places[key]

    @cached_property
    def _places(self) -> dict[tuple[bool, str], tuple[Place, float, float]]:
        return {}

    def span(self, token: str) -> Span:
        """The straight lines to the nearest and to the farthest that a studio of a square can be:
        its middle, and half of its diagonal less or more."""
        if token not in self._spans:
            at, beside = token[:7], token[0] + token[7:]
            if at not in self._rows:
                self._rows[at] = self._row(token)
            if beside not in self._columns:
                self._columns[beside] = self._column(token)
            along, up, half = self._rows[at]
            middle = sqrt(max(0.0, 2 - 2 * (along * self._columns[beside] + up)))
            self._spans[token] = max(0.0, middle - half), middle + half
        return self._spans[token]

    @cached_property
    def _spans(self) -> dict[str, Span]:
        return {}

    @cached_property
    def _rows(self) -> dict[str, tuple[float, float, float]]:
        """What is the same of a row of squares."""
        return {}

    @cached_property
    def _columns(self) -> dict[str, float]:
        return {}

    def _row(self, token: str) -> tuple[float, float, float]:
        size, (row, _) = CELLS[token[0]], _place(token)
        south = row * size - 90
        north, here = radians(south + size / 2), radians(self.centre.latitude)
        return cos(here) * cos(north), sin(here) * sin(north), _half_diagonal(south, size)

    def _column(self, token: str) -> float:
        size, (_, column) = CELLS[token[0]], _place(token)
        return cos(radians((column + 0.5) * size - 180 - self.centre.longitude))

    @cached_property
    def _holes(self) -> dict[str, tuple[int, int]]:
        """By kind the square of the middle, which has finer ones in its place, as the eight around
        it do."""
        return {
            kind: (row_of(self.centre.latitude, size), column_of(self.centre.longitude, size))
            for kind, size in CELLS.items()
            if _KINDS[0] != kind and _KINDS.index(kind) <= _KINDS.index(self._widest)
        }

    def _middle(self, kind: str) -> Iterator[tuple[str, int, Run]]:
        row, column = self._holes[kind]
        finer = _KINDS[_KINDS.index(kind) - 1]
        for each in range((row - 1) * FINER, (row + 2) * FINER):
            yield finer, each, ((column - 1) * FINER, (column + 2) * FINER - 1)

    def _cover(self) -> Iterator[tuple[str, int, Run]]:
        """From the widest kind to the edge's: of each row what is inside and not within a wider
        square; at the edge, whatever is touched."""
        within = dict[int, Run]()
        first, last = _KINDS.index(self.edge_kind), _KINDS.index(self._widest)
        for kind in reversed(_KINDS[first : last + 1]):
            around, kept = round(360 / CELLS[kind]), dict[int, Run]()
            for row, found in self._runs(CELLS[kind], is_edge=kind == self.edge_kind):
                wider, run = within.get(row // FINER), found
                if wider:
                    wider = (wider[0] * FINER, wider[1] * FINER + FINER - 1)
                    run = (min(run[0], wider[0]), max(run[1], wider[1])) if run else wider
                if run:
                    kept[row] = run
                    yield from ((kind, row, some) for some in _beside(run, wider, around))
            within = kept

    def _runs(self, size: float, *, is_edge: bool) -> Iterator[tuple[int, Run | None]]:
        """Of each row of squares those that the circle touches, or those that are inside."""
        radius = self._radius * WIDER if is_edge else self._radius / WIDER
        here, wide = self.centre.latitude, degrees(radius)
        first = row_of(max(-90.0, here - wide), size)
        rows = range(first, row_of(min(90.0, here + wide), size) + 1)
        sides = [self._half_width(row * size - 90, radius) for row in (*rows, rows[-1] + 1)]
        steep = sin(radians(here)) / max(cos(radius), ROUNDING)
        widest = degrees(asin(max(-1.0, min(1.0, steep))))
        for row, south, north in zip(rows, sides, sides[1:], strict=False):
            half = None if south is None or north is None else min(south, north)
            if is_edge:
                half = max(south or 0.0, north or 0.0)
                if row * size - 90 <= widest <= row * size - 90 + size:
                    half = self._half_width(widest, radius) or half
            yield row, None if half is None else self._run(half, size, is_edge=is_edge)

    def _run(self, half: float, size: float, *, is_edge: bool) -> Run | None:
        """The columns within so many degrees of the middle, or those that are touched."""
        around, middle = round(360 / size), self.centre.longitude + 180
        west, east = (middle - half) / size, (middle + half) / size
        if half >= 180 or (is_edge and floor(east) - floor(west) + 1 >= around):
            return floor(west), floor(west) + around - 1
        run = (floor(west), floor(east)) if is_edge else (ceil(west), floor(east) - 1)
        return run if run[0] <= run[1] else None

    def _half_width(self, latitude: float, radius: float) -> float | None:
        """In degrees of longitude; None for a latitude that the circle does not reach."""
        sine, cosine = self._up
        north = radians(max(-90.0, min(90.0, latitude)))
        along = cos(north) * cosine
        if along < ROUNDING:
            near = abs(north - radians(self.centre.latitude)) <= radius
            return 180.0 if near else None
        found = (cos(radius) - sin(north) * sine) / along
        if found > 1:
            return None
        return 180.0 if found < -1 else degrees(acos(found))

    @cached_property
    def _up(self) -> tuple[float, float]:
        north = radians(self.centre.latitude)
        return sin(north), cos(north)


@lru_cache(16)
def circle_around(centre: Point, km: float) -> Circle:
    """Many ask for the same: what was worked out of it is kept."""
    return Circle(centre, km)


_KINDS = list(CELLS)


def _km(size: float) -> float:
    return size * KM_PER_DEGREE


def _place(token: str) -> tuple[int, int]:
    return int(token[2:7]), int(token[7:])


def _beside(run: Run, within: Run | None, around: int) -> Iterator[Run]:
    """The columns of a run that are not in another one, which is a part of it."""
    if within is None:
        yield run
        return
    if within[1] - within[0] + 1 >= around:
        return
    if run[1] - run[0] + 1 >= around:
        run = (within[0], within[0] + around - 1)
    if run[0] < within[0]:
        yield run[0], within[0] - 1
    if within[1] < run[1]:
        yield within[1] + 1, run[1]


def _wrapped(run: Run, around: int) -> Iterator[Run]:
    first, last = run
    if last - first >= around - 1:
        yield 0, around - 1
    elif first // around == last // around:
        yield first % around, last % around
    else:
        yield first % around, around - 1
        yield 0, last % around


def _half_diagonal(south: float, size: float) -> float:
    """An arc, which is never shorter than the straight line."""
    across = 1.0 if south < 0 < south + size else max(map(cos, map(radians, (south, south + size))))
    return radians(size) / 2 * sqrt(1 + across**2) * WIDER + ROUNDING


def km_of(chord: float) -> float:
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(max(0.0, chord)) / 2))
