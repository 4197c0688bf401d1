"""The statements that ask the index, and the sets that are made of their answers.

What matches is worked out here, by sets of studios (`sets.py`); rows are read of a page, of what is
measured at the edge of a circle, and of what is sorted. Never more than that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from json import dumps
from math import inf, sqrt
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, Row, text

from portal.directory.facets import facets
from portal.directory.index.asking import Known
from portal.directory.index.circles import Circle, line_of, ring
from portal.directory.index.documents import OF_STUDIOS, facet_token, on_ball
from portal.directory.index.evaluating import Sets
from portal.directory.index.expression import Expression
from portal.directory.index.keyset import FIRST, Hit, Order, Start
from portal.directory.index.sets import SLICES, slice_token, studio_of
from portal.directory.kept.index import rows as kept_rows
from portal.directory.kept.index import sorted_rows as kept_sorted

MOST = 10_000
"""Numbers are exact up to here."""
CHORD = "((s.x - :x) * (s.x - :x) + (s.y - :y) * (s.y - :y) + (s.z - :z) * (s.z - :z))"
FEW = 500
"""So many are measured, or sorted, without looking for less."""
SORTED, WALKED = 6, 1
"""What it costs to sort a studio of the answer, and to walk past one in the order of an index."""

_FACETS = {each: facet_token(*each) for each in facets()}
"""The filters that a page counts."""
_SLICES = [slice_token(bit) for bit in range(SLICES)]


@dataclass(frozen=True)
class Numbers:
    """`total` is one more than `MOST` where there are more; so is each of the others."""

    total: int
    by_facet: dict[tuple[str, str], int]


@dataclass(frozen=True)
class Ask:
    """A connection, a circle, and what was fetched for this search until now. `known` says which
    words have sets; without it nothing can be asked for by words."""

    connection: Connection
    circle: Circle | None = None
    known: Known | None = None
    _measured: dict[int, Any] = field(default_factory=dict)
    _near: list[tuple[BitMap, BitMap]] = field(default_factory=list)
    _sets: list[Sets] = field(default_factory=list)

    def prepare(self, *asked: Expression | None) -> None:
        """Fetches what these need in one statement; else each of the others does."""
        self.sets.fetch(asked, [*_FACETS.values(), *_SLICES], self.circle)

    @property
    def sets(self) -> Sets:
        if not self._sets:
            self._sets.append(Sets(self.connection, self.known))
        return self._sets[0]

    def numbers(self, asked: Expression | None) -> Numbers:
        self.sets.fetch([asked], _FACETS.values(), self.circle)
        found = self._matching(asked)
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
        self.sets.fetch(tiers, _SLICES if order is Order.RELEVANCE else (), self.circle)
        if order is Order.RELEVANCE:
            return self._by_quality(tiers, limit, offset, start)
        found = self._matching(tiers[0])
        if order is Order.DISTANCE:
            if start is FIRST:
                return self._by_distance(found, limit, offset)
            return self._beside(found, limit, start)
        return self._by_value(found, order, limit, offset, start)

    def _matching(self, asked: Expression | None) -> BitMap:
        ids = self.sets.matching(asked)
        if self.circle is None:
            return ids
        for among, within in self._near:  # what is a part of something was measured with it
            if ids.issubset(among):
                return ids & within
        self._near.append((ids, self._within(ids, self.circle)))
        return self._near[-1][1]

    def _within(self, ids: BitMap, circle: Circle) -> BitMap:
        """Of squares at the edge each studio is measured; where there are few, all are."""
        edge = sqrt(circle.chord)
        inside, touched = list[BitMap](), list[BitMap]()
        for nearest, farthest, cell in self.sets.cells:
            if farthest < edge:
                inside.append(cell)
            elif nearest <= edge:
                touched.append(cell)
        sure, doubtful = (
            BitMap.union(*some) & ids if some else BitMap() for some in (inside, touched)
        )
        if len(sure) + len(doubtful) <= FEW:
            sure, doubtful = BitMap(), sure | doubtful
        return sure | BitMap(hit.studio_id for hit in self._measure(doubtful))

    def _by_quality(
        self, tiers: Sequence[Expression | None], limit: int, offset: int, start: Start
    ) -> list[Hit]:
        chosen: dict[int, int] = {}
        numbered = list(enumerate(tiers))
        for at, each in reversed(numbered) if start.is_backwards else numbered:
            found = self._on_the_way(self._matching(each), at, start)
            if offset >= len(found):
                offset -= len(found)
                continue
            left = limit - len(chosen)
            skip = max(0, len(found) - left) if start.is_backwards else offset
            chosen |= dict.fromkeys(self._best(found, SLICES - 1, skip, left), at)
            offset = 0
            if len(chosen) >= limit:
                break
        return sorted(self._rows(chosen), key=lambda hit: (hit.value, hit.rank))

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

    def _by_distance(self, found: BitMap, limit: int, offset: int) -> list[Hit]:
        """Squares that are wholly nearer than whatever comes first on the page are skipped, and
        those wholly farther than its last are left out; what is between is measured."""
        cells = [
            (nearest, farthest, some)
            for nearest, farthest, cell in self.sets.cells
            if (some := cell & found)
        ]
        near, far = ring([(a, b, len(some)) for a, b, some in cells], offset, offset + limit)
        skipped = sum(len(some) for _, farthest, some in cells if farthest < near)
        between = [some for nearest, farthest, some in cells if farthest >= near and nearest <= far]
        hits = self._by_chord(BitMap.union(*between) if between else BitMap())
        return hits[offset - skipped : offset - skipped + limit]

    def _by_chord(self, ids: BitMap) -> list[Hit]:
        hits = [replace(hit, value=hit.chord) for hit in self._measure(ids)]
        return sorted(hits, key=lambda hit: (hit.value, hit.rank))

    def _beside(self, found: BitMap, limit: int, start: Start) -> list[Hit]:
        """The nearest behind a place in the order of distances, or the last before it: of squares
        beyond as many as are needed, and of those that the place may be in."""
        chord, rank = start.place or (inf, 0)
        edge, away = sqrt(chord), start.is_backwards
        cells = [
            (nearest, farthest, some)
            for nearest, farthest, cell in self.sets.cells
            if (nearest <= edge if away else farthest >= edge) and (some := cell & found)
        ]
        line = line_of([(a, b, len(some)) for a, b, some in cells], edge, limit, away=away)
        between = [
            some
            for nearest, farthest, some in cells
            if (farthest >= line if away else nearest <= line)
        ]
        hits = self._by_chord(BitMap.union(*between) if between else BitMap())
        if away:
            return [hit for hit in hits if (hit.chord, hit.rank) < (chord, rank)][-limit:]
        return [hit for hit in hits if (hit.chord, hit.rank) > (chord, rank)][:limit]

    def _by_value(
        self, found: BitMap, order: Order, limit: int, offset: int, start: Start
    ) -> list[Hit]:
        """Few are sorted. Of many the order's index is walked until there are enough of them."""
        centre = self.circle.centre if self.circle else None
        if start is FIRST and (rows := kept_sorted(self.connection, found, centre, order)):
            return [Hit(*row) for row in rows[offset : offset + limit]]
        value = f"s.{order.value}"
        reach = min(offset + limit, len(found))
        everybody = max(len(found), self.known.studios if self.known else 0)
        walked = reach * everybody // max(1, len(found)) + FEW
        ids = list[int]()
        if walked * WALKED < len(found) * SORTED:
            ids = self._walk(order, found, reach, len(found) * SORTED // WALKED, start)
        if len(ids) < reach:
            more = start.of_value(value, "s.rank")
            where = f" WHERE true{more}" if more else ""
            tail = f"{where} ORDER BY {value}{start.way}, s.rank{start.way}"
            values = {"size": limit, "skip": offset, **start.values}
            rows = self._read(found, value, f"{tail} LIMIT :size OFFSET :skip", values)
        else:
            rows = self._read(BitMap(ids[offset:]), value)
        return sorted((Hit(*row) for row in rows), key=lambda hit: (hit.value, hit.rank))

    def _walk(self, order: Order, found: BitMap, reach: int, most: int, start: Start) -> list[int]:
        """The first so many of them in an order, as far as `most` studios of all lead to them:
        where they are many, but all at the end, they are sorted after all."""
        way, more = start.way, start.of_value(order.value, "rank")
        where = f" WHERE true{more}" if more else ""
        query = (
            f"SELECT rank FROM derived_search{where}"  # noqa: S608
            f" ORDER BY {order.value}{way}, rank{way} LIMIT :most"
        )
        ids = list[int]()
        with self.connection.execute(text(query), {"most": most, **start.values}) as ranks:
            for some in ranks.scalars().partitions(max(FEW, reach)):
                ids += [at for at in map(studio_of, some) if at in found]
                if len(ids) >= reach:
                    break
        return ids[:reach]

    def _measure(self, ids: BitMap) -> list[Hit]:
        """Those of them within the circle."""
        if self.circle is None or not ids:
            return []
        if left := ids - BitMap(self._measured):
            self._measured.update({row[1]: row for row in self._few(left)})
        edge, rows = self.circle.chord, map(self._measured.get, ids)
        return [Hit(*row) for row in rows if row and row[4] is not None and row[4] <= edge]

    def _rows(self, tiers: dict[int, int]) -> Iterator[Hit]:
        """Of studios by number, each with the value that is given."""
        left = BitMap(each for each in tiers if each not in self._measured)
        rows = {row[1]: row for row in self._few(left)} if left else {}
        for each, value in tiers.items():
            if row := self._measured.get(each) or rows.get(each):
                yield Hit(row[0], row[1], value, row[3], row[4])

    def _few(self, ids: BitMap) -> Sequence[Any]:
        centre = self.circle.centre if self.circle else None
        return kept_rows(self.connection, ids, centre, lambda some: self._read(some, "NULL"))

    def _read(
        self, ids: BitMap, value: str, tail: str = "", values: dict[str, Any] | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Of studios by number: what a hit is made of."""
        engine = self.connection.dialect.name
        chord, more = "NULL", dict[str, Any]()
        if self.circle:
            chord, (x, y, z) = CHORD, on_ball(self.circle.centre)
            more = {"x": x, "y": y, "z": z}
        query = (
            f"SELECT s.rank, s.studio_id, {value} AS value, s.rated, {chord} AS chord"  # noqa: S608
            f" FROM {_IDS[engine]} AS i JOIN derived_search s ON s.studio_id = i.id{tail}"
        )
        more |= {"ids": dumps(list(ids)) if engine == "sqlite" else list(ids), **(values or {})}
        return self.connection.execute(text(query), more).all()


_IDS = {
    "sqlite": "(SELECT value AS id FROM json_each(:ids))",
    "postgresql": "(SELECT unnest(CAST(:ids AS integer[])) AS id)",
}
