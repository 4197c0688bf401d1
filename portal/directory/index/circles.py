"""A circle around a place, and the squares of the globe that it touches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import asin, cos, degrees, inf, radians, sin, sqrt

from portal.directory.geography import EARTH_RADIUS_KM, Point
from portal.directory.index.documents import CELLS, cell_token, column_of, row_of

# Up to so many kilometres squares of this kind are asked for: at most some thousand of them.
KINDS = ((60, "g"), (300, "h"), (float("inf"), "i"))
FINER = 4
"""Squares of a kind on a side of the next wider kind's."""
WIDER = 1.001
ROUNDING = 1e-9


@dataclass(frozen=True)
class Squares:
    """Of one kind: rows, and runs of columns (two where they go on over the 180th degree)."""

    kind: str
    rows: range
    runs: tuple[tuple[int, int], ...]

    @property
    def ranges(self) -> list[tuple[str, str]]:
        """From the first to the last token of each run in each row."""
        size = CELLS[self.kind]
        return [
            (cell_token(self.kind, row, first, size), cell_token(self.kind, row, last, size))
            for row in self.rows
            for first, last in self.runs
        ]

    def has(self, row: int, column: int) -> bool:
        return row in self.rows and any(first <= column <= last for first, last in self.runs)


@dataclass(frozen=True)
class Circle:
    """Around a point on the ball; `chord` is the square of the straight line to its edge."""

    centre: Point
    km: float

    @property
    def chord(self) -> float:
        return (2 * sin(min(self.km / EARTH_RADIUS_KM, 3.14159) / 2)) ** 2

    @cached_property
    def squares(self) -> list[Squares]:
        """Those that it touches, and around its middle ever finer ones in their place."""
        kinds = list(CELLS)
        widest = next(kind for km, kind in KINDS if self.km <= km)
        finer = kinds[: kinds.index(widest)]
        return [self._touched(widest), *(self._in_the_middle(kind) for kind in reversed(finer))]

    def ranges(self) -> list[tuple[str, str]]:
        return [each for squares in self.squares for each in squares.ranges]

    def is_asked(self, token: str) -> bool:
        """Whether the square stands for itself; else finer ones are in its place."""
        row, column = _place(token)
        for squares, finer in pairwise([*self.squares, None]):
            if squares and squares.kind == token[0]:
                return finer is None or not finer.has(row * FINER, column * FINER)
        return False

    def spans(self, tokens: Iterable[str]) -> Iterator[tuple[float, float]]:
        """For each square the straight lines to the nearest and to the farthest that a studio of it
        can be: its middle, and half of its diagonal less or more. What is the same of a row of
        squares, or of a column, is worked out once."""
        rows: dict[str, tuple[float, float, float]] = {}
        columns: dict[str, float] = {}
        for token in tokens:
            at, beside = token[:7], f"{token[0]}{token[7:]}"
            if at not in rows:
                rows[at] = self._row(token)
            if beside not in columns:
                columns[beside] = self._column(token)
            along, up, half = rows[at]
            middle = sqrt(max(0.0, 2 - 2 * (along * columns[beside] + up)))
            yield max(0.0, middle - half), middle + half

    def _row(self, token: str) -> tuple[float, float, float]:
        size, (row, _) = CELLS[token[0]], _place(token)
        south = row * size - 90
        north, here = radians(south + size / 2), radians(self.centre.latitude)
        return cos(here) * cos(north), sin(here) * sin(north), _half_diagonal(south, size)

    def _column(self, token: str) -> float:
        size, (_, column) = CELLS[token[0]], _place(token)
        return cos(radians((column + 0.5) * size - 180 - self.centre.longitude))

    def _touched(self, kind: str) -> Squares:
        """All columns around a pole."""
        size, around = CELLS[kind], round(360 / CELLS[kind])
        wide = degrees(self.km / EARTH_RADIUS_KM) * WIDER
        south, north = (max(-90.0, min(90.0, self.centre.latitude + by)) for by in (-wide, wide))
        east = self._east() if south > -89 and north < 89 else 180.0
        first, last = (column_of(self.centre.longitude + by, size) for by in (-east, east))
        rows = range(row_of(south, size), row_of(north, size) + 1)
        return Squares(kind, rows, tuple(_runs(first, last, around)))

    def _in_the_middle(self, kind: str) -> Squares:
        """In place of the wider square with its middle, and of the eight around that."""
        size, wider = CELLS[kind], CELLS[kind] * FINER
        row, column = row_of(self.centre.latitude, wider), column_of(self.centre.longitude, wider)
        rows = range((row - 1) * FINER, (row + 2) * FINER)
        runs = _runs((column - 1) * FINER, (column + 2) * FINER - 1, round(360 / size))
        return Squares(kind, rows, tuple(runs))

    def _east(self) -> float:
        wide = sin(min(self.km / EARTH_RADIUS_KM, 1.5)) / cos(radians(self.centre.latitude))
        return degrees(asin(wide)) * WIDER if wide < 1 else 180.0


def _place(token: str) -> tuple[int, int]:
    return int(token[2:7]), int(token[7:])


def _runs(first: int, last: int, around: int) -> Iterator[tuple[int, int]]:
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


def ring(cells: list[tuple[float, float, int]], first: int, last: int) -> tuple[float, float]:
    """The line within which no more than `first` studios can be, and one within which there are
    `last` of them at least. Cells are the nearest and the farthest, and how many are there."""
    near, count = 0.0, 0
    for nearest, _, studios in sorted(cells):
        if count + studios > first:
            near = nearest
            break
        count += studios
    far, count = float("inf"), 0
    for _, farthest, studios in sorted(cells, key=lambda cell: cell[1]):
        count += studios
        if count >= last:
            far = farthest
            break
    return near, far


def line_of(cells: list[tuple[float, float, int]], edge: float, limit: int, *, away: bool) -> float:
    """The line up to which `limit` studios are beyond the edge for certain: outwards, or inwards
    where `away`. Infinite, outwards or inwards, where there are fewer. Cells as in `ring`."""
    count = 0
    for nearest, farthest, studios in sorted(cells, key=lambda at: -at[0] if away else at[1]):
        if farthest < edge if away else nearest > edge:
            count += studios
        if count >= limit:
            return nearest if away else farthest
    return -inf if away else inf
