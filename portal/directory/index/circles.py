"""A circle around a place, and the squares of the globe that it touches."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property, lru_cache
from itertools import chain
from math import acos, asin, ceil, cos, degrees, floor, pi, radians, sin, sqrt

from portal.directory.geography import EARTH_RADIUS_KM, KM_PER_DEGREE, Point
from portal.directory.index.documents import CELLS, column_of, row_of, square

FINER = 4
"""Squares of a kind on a side of the next wider kind's."""
ACROSS = 2.2
"""So many squares of the widest kind are within the radius: of the four around the middle no corner
is farther than 1.5 times the square root of two."""
ROWS = 100
"""So many rows of squares, at most, from the centre to the edge, whose squares are that fine."""
WIDER = 1.001
ROUNDING = 1e-9
Span = tuple[float, float]
Run = tuple[int, int]
"""Columns from the first to the last, beyond the 180th degree as well."""


class Place(Enum):
    """Of a square."""

    OUTSIDE = auto()
    TOUCHED = auto()
    INSIDE = auto()


Placed = tuple[Place, float, float]


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

    def ranges(self, *, from_middle: bool) -> list[tuple[str, str]]:
        """The first and the last token of squares side by side; `from_middle`: around the middle
        with ever finer ones in their place."""
        if from_middle not in self._ranges:
            self._ranges[from_middle] = self._make_ranges(from_middle=from_middle)
        return self._ranges[from_middle]

    @cached_property
    def _ranges(self) -> dict[bool, list[tuple[str, str]]]:
        return {}

    def _make_ranges(self, *, from_middle: bool) -> list[tuple[str, str]]:
        found: Iterable[tuple[str, int, Run]] = self._cover()
        if from_middle:
            middle = (each for kind in self._holes for each in self._middle(kind))
            found = (some for each in chain(found, middle) for some in self._around(*each))
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

    def is_inside(self, token: str) -> bool:
        """Whether it is known to be by its kind alone; others have to be measured."""
        return token[0] != self.edge_kind

    def places(self, tokens: Collection[str], *, by_distance: bool) -> list[Placed]:
        """Where each of its squares is, and its span; without `by_distance` no span of one that is
        inside by its kind."""
        known, edge = self._places.setdefault(by_distance, {}), sqrt(self.chord)
        if new := [each for each in tokens if each not in known]:
            others = new if by_distance else [each for each in new if not self.is_inside(each)]
            known.update(dict.fromkeys(new, (Place.INSIDE, 0.0, 0.0)))
            for token, (nearest, farthest) in zip(others, self.spans(others), strict=True):
                place = Place.TOUCHED
                if farthest < edge or self.is_inside(token):
                    place = Place.INSIDE
                elif nearest > edge:
                    place = Place.OUTSIDE
                known[token] = place, nearest, farthest
        return [known[each] for each in tokens]

    @cached_property
    def _places(self) -> dict[bool, dict[str, Placed]]:
        return {}

    def spans(self, tokens: Iterable[str]) -> list[Span]:
        """The straight lines to the nearest and to the farthest that a studio of each square can
        be: its middle, and half of its diagonal less or more."""
        (rows, columns), found = self._sides, list[Span]()
        for token in tokens:
            at, beside = token[:7], token[0] + token[7:]
            row, column = rows.get(at), columns.get(beside)
            if row is None:
                row = rows[at] = self._row(token)
            if column is None:
                column = columns[beside] = self._column(token)
            along, up, half = row
            apart = 2 - 2 * (along * column + up)
            middle = sqrt(apart) if apart > 0 else 0.0
            found.append((middle - half if middle > half else 0.0, middle + half))
        return found

    @cached_property
    def _sides(self) -> tuple[dict[str, tuple[float, float, float]], dict[str, float]]:
        """What is the same of a row of squares, and of a column."""
        return {}, {}

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
        """By kind the first of the four squares around the middle, which have finer ones in their
        place: the row and the column."""
        north, east = self.centre.latitude, self.centre.longitude
        return {
            kind: (row_of(north - size / 2, size), column_of(east - size / 2, size))
            for kind, size in CELLS.items()
            if _KINDS[0] != kind and _KINDS.index(kind) <= _KINDS.index(self._widest)
        }

    def _middle(self, kind: str) -> Iterator[tuple[str, int, Run]]:
        row, column = self._holes[kind]
        finer = _KINDS[_KINDS.index(kind) - 1]
        for each in range(row * FINER, (row + 2) * FINER):
            yield finer, each, (column * FINER, (column + 2) * FINER - 1)

    def _around(self, kind: str, row: int, run: Run) -> Iterator[tuple[str, int, Run]]:
        """What is left of a run where finer squares are in the place of some."""
        hole = self._holes.get(kind)
        if hole is None or not hole[0] <= row <= hole[0] + 1:
            yield kind, row, run
            return
        first = hole[1]
        for some in ((run[0], min(run[1], first - 1)), (max(run[0], first + 2), run[1])):
            if some[0] <= some[1]:
                yield kind, row, some

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
        """In degrees of longitude; None for a latitude that it does not reach."""
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
