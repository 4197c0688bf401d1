"""The statements that ask the index, and the sets that are made of their answers.

What matches is worked out here, by sets of studios (`evaluating.py`); rows are read of a page and
of no other studio, and what is sorted is sorted by the database.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from json import dumps
from math import ceil, inf, log, sqrt
from typing import Any

from pyroaring import BitMap

from portal.directory.facets import facets
from portal.directory.index.circles import FINER
from portal.directory.index.documents import OF_STUDIOS, facet_token, on_ball
from portal.directory.index.evaluating import Cell, Sets
from portal.directory.index.expression import Expression
from portal.directory.index.keyset import FIRST, Hit, Order, Start
from portal.directory.index.rings import Sized, line_of, ring
from portal.directory.index.sets.fetching import CHORD, IDS, prepared
from portal.directory.index.sets.tokens import SLICES, slice_token, studio_of
from portal.directory.kept.index import rows

MOST = 10_000
"""Numbers are exact up to here."""
FEW = 500
"""So many studios of squares are sorted by their distance without looking for finer squares."""
FINEST = 3
"""So many kinds finer at most: each takes four times as many rows of squares."""
AT_ONCE = 500
"""So many ranks of an order that is walked are read at once."""
SORTED, WALKED = 6, 1
"""What it costs to sort a studio of the answer, and to walk past one in the order of an index."""
LUCK = 2
"""It is walked so many times as far as it takes where the answer is spread evenly."""

_FACETS = {each: facet_token(*each) for each in facets()}
"""The filters that a page counts."""
_SLICES = [slice_token(bit) for bit in range(SLICES)]


@dataclass(frozen=True)
class Numbers:
    """`total` is one more than `MOST` where there are more; so is each of the others."""

    total: int
    by_facet: dict[tuple[str, str], int]


def needed_tokens(order: Order) -> list[str]:
    """What each page of that order asks for."""
    return [*_FACETS.values(), *(_SLICES if order is Order.RELEVANCE else ())]


@dataclass(frozen=True)
class Ask:
    """What was fetched for a search is in `sets`."""

    sets: Sets

    def numbers(self, asked: Expression | None) -> Numbers:
        found = self.sets.matching(asked)
        counts = {
            facet: min(found.intersection_cardinality(self.sets.of(token)), MOST + 1)
            for facet, token in _FACETS.items()
        }
        return Numbers(min(len(found), MOST + 1), counts)

    def page(
        self,
        tiers: Sequence[Expression | None],
        order: Order,
        *,
        limit: int,
        offset: int = 0,
        start: Start = FIRST,
    ) -> list[Hit]:
        """In the order's own direction, also where the page ends before a place."""
        if order is Order.RELEVANCE:
            return self._by_quality(tiers, limit, offset, start)
        found = self.sets.matching(tiers[0])
        if order is Order.DISTANCE:
            return self._by_distance(found, limit, offset, start)
        return self._by_value(found, order, limit, offset, start)

    def _by_quality(
        self, tiers: Sequence[Expression | None], limit: int, offset: int, start: Start
    ) -> list[Hit]:
        chosen: dict[int, int] = {}
        numbered = list(enumerate(tiers))
        for at, each in reversed(numbered) if start.is_backwards else numbered:
            found = self._on_the_way(self.sets.matching(each), at, start)
            if offset >= len(found):
                offset -= len(found)
                continue
            left = limit - len(chosen)
            skip = max(0, len(found) - left) if start.is_backwards else offset
            chosen |= dict.fromkeys(self._best(found, SLICES - 1, skip, left), at)
            offset = 0
            if len(chosen) >= limit:
                break
        rows = self._read(chosen, "NULL") if chosen else ()
        hits = (Hit(row[0], row[1], chosen[row[1]], row[3], row[4]) for row in rows)
        return sorted(hits, key=lambda hit: (hit.value, hit.rank))

    def _on_the_way(self, found: BitMap, at: int, start: Start) -> BitMap:
        """Those of a tier that come behind the place where a page starts, or before it."""
        if start.place is None:
            return found
        tier, rank = start.place
        if at != tier:
            return found if (at < tier) is start.is_backwards else BitMap()
        lower, higher = self._apart(found, rank)
        return lower if start.is_backwards else higher

    def _apart(self, found: BitMap, rank: int) -> tuple[BitMap, BitMap]:
        """Studios of a lower rank and of a higher one: by the bits of the quality, the highest
        first, and of those with the same quality by their number."""
        lower, higher, same = BitMap(), BitMap(), found
        for bit in range(SLICES - 1, -1, -1):
            high = same & self.sets.of(_SLICES[bit])
            if rank >> OF_STUDIOS >> bit & 1:
                lower, same = lower | (same - high), high
            else:
                higher, same = higher | high, same - high
        number = studio_of(rank)
        return lower | same[: same.rank(number) - (number in same)], higher | same[
            same.rank(number) :
        ]

    def _best(self, among: BitMap, bit: int, skip: int, take: int) -> Iterator[int]:
        """Numbers of the studios from one place to another in the order of quality: those without
        the highest bit come first, and so on with the next bit in each half."""
        if bit < 0 or (skip == 0 and take >= len(among)):
            yield from among[skip : skip + take]
            return
        high = self.sets.of(_SLICES[bit])
        first = len(among) - among.intersection_cardinality(high)
        if skip < first:
            yield from self._best(among - high, bit - 1, skip, min(take, first - skip))
        if skip + take > first:
            start = max(0, skip - first)
            yield from self._best(among & high, bit - 1, start, skip + take - first - start)

    def _by_distance(self, found: BitMap, limit: int, offset: int, start: Start) -> list[Hit]:
        """The database sorts the studios of some squares."""
        between, skipped = self._between(self.sets.cells, found, limit, offset, start)
        if (many := sum(len(each.ids) for each in between)) > FEW:
            finer = self.sets.refined(between, times=min(FINEST, ceil(log(many / FEW, FINER))))
            offset = max(0, offset - skipped)
            between, skipped = self._between(finer, found, limit, offset, start)
        some = BitMap.union(*(each.ids for each in between)) if between else BitMap()
        return self._sorted(some, CHORD, limit, max(0, offset - skipped), start) if some else []

    def _sorted(self, some: BitMap, value: str, limit: int, offset: int, start: Start) -> list[Hit]:
        """By the database, which gives a page of them; those of a page alone need no order."""
        if start is FIRST and offset == 0 and len(some) <= limit:
            return _in_order(self._read(some, value))
        values = {"size": limit, "skip": offset, **start.values}
        tail = f"{self._tail(value, start)} LIMIT :size OFFSET :skip"
        return _in_order(self._read(some, value, tail, values))

    def _between(
        self, cells: Sequence[Cell], found: BitMap, limit: int, offset: int, start: Start
    ) -> tuple[list[Cell], int]:
        """Of these squares those that the page's studios are in, with those who are found, and how
        many are in squares that are skipped."""
        is_everybody = found == self.sets.within
        count = found.intersection_cardinality
        sized = [
            (nearest, farthest, len(ids) if is_everybody and is_inside else count(ids))
            for nearest, farthest, ids, _, is_inside in cells
        ]
        there = [each for each in sized if each[2]]
        if start is FIRST:
            low, high = ring(there, offset, offset + limit)
            skipped = sum(many for _, farthest, many in there if farthest < low)
        else:
            (low, high), skipped = _beside(there, limit, start), 0
        between = [
            each._replace(ids=each.ids & found)
            for each, (nearest, farthest, many) in zip(cells, sized, strict=True)
            if many and farthest >= low and nearest <= high
        ]
        return between, skipped

    def _tail(self, value: str, start: Start) -> str:
        more = start.of_value(value, "s.rank")
        where = f" WHERE true{more}" if more else ""
        return f"{where} ORDER BY value{start.way}, s.rank{start.way}"

    def _by_value(
        self, found: BitMap, order: Order, limit: int, offset: int, start: Start
    ) -> list[Hit]:
        """Few are sorted. Of many the order's index is walked until there are enough of them."""
        value = f"s.{order.value}"
        reach = min(offset + limit, len(found))
        known = self.sets.known
        everybody = max(len(found), known.studios if known else 0)
        walked = reach * everybody // max(1, len(found)) + AT_ONCE
        ids = list[int]()
        if walked * WALKED < len(found) * SORTED:
            ids = self._walk(order, found, reach, LUCK * walked, start)
        if len(ids) < reach:
            return self._sorted(found, value, limit, offset, start)
        return _in_order(self._read(ids[offset:], value))

    def _walk(self, order: Order, found: BitMap, reach: int, most: int, start: Start) -> list[int]:
        """The first so many of them in an order, among the first `most` studios of all: where they
        are many, but all at the end, they are sorted after all."""
        way, more = start.way, start.of_value(order.value, "rank")
        where = f" WHERE true{more}" if more else ""
        query = (
            f"SELECT rank FROM derived_search{where}"  # noqa: S608
            f" ORDER BY {order.value}{way}, rank{way} LIMIT :most"
        )
        values = {"most": most, **start.values}
        ranks = self.sets.connection.execute(prepared(query), values).scalars()
        return [at for at in map(studio_of, ranks) if at in found][:reach]

    def _read(
        self,
        ids: Iterable[int],
        value: str,
        tail: str = "",
        values: dict[str, Any] | None = None,
    ) -> Sequence[Any]:
        """Of studios by number: what a hit is made of."""
        if tail:
            return self._asked(ids, value, tail, values or {})
        circle = self.sets.circle
        centre = circle.centre if circle else None
        return rows(ids, value, centre, lambda some: self._asked(some, value, "", {}))

    def _asked(
        self, ids: Iterable[int], value: str, tail: str, values: dict[str, Any]
    ) -> Sequence[Any]:
        connection, circle, chord = self.sets.connection, self.sets.circle, "NULL"
        more: dict[str, Any] = {"ids": dumps(list(ids)), **values}
        if circle:
            x, y, z = on_ball(circle.centre)
            chord = "NULL" if value == CHORD else CHORD
            more |= {"x": x, "y": y, "z": z}
        given = IDS[connection.dialect.name].format("ids")
        query = (
            f"SELECT s.rank, s.studio_id, {value} AS value, s.rated, {chord} AS chord"  # noqa: S608
            f" FROM {given} AS i JOIN derived_search s ON s.studio_id = i.id{tail}"
        )
        rows = connection.execute(prepared(query), more).all()
        return [(*row[:4], row[2]) for row in rows] if value == CHORD else rows


def _in_order(rows: Sequence[Any]) -> list[Hit]:
    return sorted((Hit(*row) for row in rows), key=lambda hit: (hit.value, hit.rank))


def _beside(cells: Sized, limit: int, start: Start) -> tuple[float, float]:
    """The lines between which squares are read for the nearest behind a place in the order of
    distances, or the last before it: as many as are needed beyond, and those that the place may be
    in."""
    edge, away = sqrt(start.place[0] if start.place else inf), start.is_backwards
    beyond = [each for each in cells if (each[0] <= edge if away else each[1] >= edge)]
    line = line_of(beyond, edge, limit, away=away)
    return (line, edge) if away else (edge, line)
