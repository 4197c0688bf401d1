"""Which squares of a circle a page by distance is in.

Of a square are known the straight lines to the nearest and to the farthest that a studio of it can
be, and how many studios are there.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from math import inf
from operator import itemgetter

from portal.directory.index.circles import Circle

Sized = list[tuple[float, float, int]]


@dataclass(frozen=True)
class Squares:
    """A circle's, as `Circle.ranges` gives them: worked out when they are asked for."""

    circle: Circle
    from_middle: bool

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.circle.ranges(from_middle=self.from_middle))

    def __bool__(self) -> bool:
        return True

    @property
    def name(self) -> Hashable:
        """Without what the circle holds, which is much."""
        return self.circle.centre, self.circle.km, self.from_middle


def ring(cells: Sized, first: int, last: int) -> tuple[float, float]:
    """The line within which no more than `first` studios can be, and one within which there are
    `last` of them at least."""
    near, count = 0.0, 0
    for nearest, _, studios in sorted(cells):
        if count + studios > first:
            near = nearest
            break
        count += studios
    far, count = inf, 0
    for _, farthest, studios in sorted(cells, key=itemgetter(1)):
        count += studios
        if count >= last:
            far = farthest
            break
    return near, far


def line_of(cells: Sized, edge: float, limit: int, *, away: bool) -> float:
    """The line up to which `limit` studios are beyond the edge for certain: outwards, or inwards
    where `away`. Infinite, outwards or inwards, where there are fewer."""
    count = 0
    for nearest, farthest, studios in sorted(cells, key=lambda at: -at[0] if away else at[1]):
        if farthest < edge if away else nearest > edge:
            count += studios
        if count >= limit:
            return nearest if away else farthest
    return -inf if away else inf
