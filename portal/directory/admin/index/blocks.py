"""All studios in an order, in blocks: some hundred numbers each, from one place to the next.

So the first studios of any set are found in an order by looking at each block, not at each studio:
a million has some two thousand. A block that grows is split, a small one joins the one before it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from json import dumps

from pyroaring import BitMap
from sqlalchemy import Connection, TextClause, text

from portal.directory.admin.index.sets import GIVEN

MOST, LEAST = 1000, 100
"""Studios of a block: it is split beyond that, and joined to the one before it below."""
STEPS = (4, 32, 256, 2048)
"""Blocks that are read at once: more each time."""
START = ""
"""Where the first block of an order begins."""


@dataclass
class Moves:
    """In one order: studios that leave a place, and that come to one."""

    gone: dict[int, str] = field(default_factory=dict)
    come: dict[int, str] = field(default_factory=dict)


def walk(
    connection: Connection, order: str, place: str | None, *, is_falling: bool
) -> Iterator[BitMap]:
    """The blocks in their order, from the one that the place is in."""
    at, step = place, 0
    is_first = True
    while True:
        way = (order, at, STEPS[min(step, len(STEPS) - 1)])
        rows = _some(connection, *way, is_falling=is_falling, with_start=is_first)
        yield from (BitMap.deserialize(ids) for _, ids in rows)
        if len(rows) < way[2]:
            return
        at, step, is_first = rows[-1][0], step + 1, False


def _some(
    connection: Connection,
    order: str,
    at: str | None,
    many: int,
    *,
    is_falling: bool,
    with_start: bool,
) -> list[tuple[str, bytes]]:
    if at is None:
        query = _FROM_END if is_falling else _FROM_START
    elif is_falling:
        query = _DOWN_FROM if with_start else _BELOW
    else:
        query = _UP_FROM if with_start else _ABOVE
    values = {"ordered": order, "most": many, **({} if at is None else {"at": at})}
    return [(first, ids) for first, ids in connection.execute(query, values)]


def move(connection: Connection, order: str, moves: Moves) -> None:
    """After the studios' rows were written, from which a block's places are read to split it."""
    if not moves.gone and not moves.come:
        return
    blocks = _around(connection, order, [*moves.gone.values(), *moves.come.values()])
    firsts = sorted(blocks)
    for places, is_come in ((moves.gone, False), (moves.come, True)):
        for number, place in places.items():
            block = blocks[firsts[bisect_right(firsts, place) - 1]]
            (block.add if is_come else block.discard)(number)
    _write(connection, order, dict(_sized(connection, order, blocks)), blocks)


def _sized(
    connection: Connection, order: str, blocks: Mapping[str, BitMap]
) -> Iterator[tuple[str, BitMap]]:
    """The blocks that take the place of these: large ones are split, small ones joined."""
    small = BitMap()
    for first in sorted(blocks, reverse=True):
        ids, small = blocks[first] | small, BitMap()
        if len(ids) >= LEAST or first == START:
            yield from _split(connection, order, first, ids)
            continue
        before, there = _before(connection, order, first)
        if before in blocks:
            small = ids
        else:
            yield from _split(connection, order, before, there | ids)


def _split(
    connection: Connection, order: str, first: str, ids: BitMap
) -> Iterator[tuple[str, BitMap]]:
    """In parts that may grow by half."""
    if len(ids) <= MOST:
        yield first, ids
        return
    ordered = sorted(places_of(connection, order, ids).items(), key=lambda each: each[1])
    parts = -(-len(ordered) // (MOST * 2 // 3))
    size = -(-len(ordered) // parts)
    for start in range(0, len(ordered), size):
        some = ordered[start : start + size]
        yield some[0][1] if start else first, BitMap([number for number, _ in some])


def places_of(connection: Connection, order: str, ids: Iterable[int]) -> dict[int, str]:
    """Each studio's place in the order, of those that are in the index."""
    query = _PLACES[connection.dialect.name].format(order=order)
    rows = connection.execute(prepared(query), {"ids": dumps(list(ids))})
    return dict(rows.all())


def _around(connection: Connection, order: str, places: Iterable[str]) -> dict[str, BitMap]:
    """The blocks that these places are in, by where they begin."""
    values = {"ordered": order, "tokens": dumps(list(places))}
    rows = connection.execute(_AROUND[connection.dialect.name], values)
    return {first: BitMap.deserialize(ids) for first, ids in rows} or {START: BitMap()}


def _before(connection: Connection, order: str, first: str) -> tuple[str, BitMap]:
    row = connection.execute(_BELOW, {"ordered": order, "at": first, "most": 1}).first()
    return (row[0], BitMap.deserialize(row[1])) if row else (START, BitMap())


def _write(
    connection: Connection, order: str, made: Mapping[str, BitMap], stood: Iterable[str]
) -> None:
    rows = [{"ordered": order, "first": k, "ids": v.serialize()} for k, v in made.items()]
    connection.execute(_PUT, rows)
    if gone := [{"ordered": order, "first": each} for each in stood if each not in made]:
        connection.execute(_REMOVE, gone)


@lru_cache(16)
def prepared(query: str) -> TextClause:
    return text(query)


_BLOCKS = "SELECT first, ids FROM derived_admin_blocks WHERE ordered = :ordered"
_INTO = "(SELECT max(x.first) FROM derived_admin_blocks x WHERE x.ordered = :ordered"
_UP, _DOWN = " ORDER BY first LIMIT :most", " ORDER BY first DESC LIMIT :most"
_FROM_START, _FROM_END = text(_BLOCKS + _UP), text(_BLOCKS + _DOWN)
_UP_FROM = text(f"{_BLOCKS} AND first >= {_INTO} AND x.first <= :at){_UP}")
_DOWN_FROM = text(f"{_BLOCKS} AND first <= :at{_DOWN}")
_ABOVE = text(f"{_BLOCKS} AND first > :at{_UP}")
_BELOW = text(f"{_BLOCKS} AND first < :at{_DOWN}")
_AROUND = {
    engine: text(
        f"{_BLOCKS} AND first IN (SELECT {_INTO} AND x.first <= g.token) FROM {given} AS g)"  # noqa: S608
    )
    for engine, given in GIVEN.items()
}
_PLACES = {
    "sqlite": "SELECT d.studio_id, d.{order} FROM json_each(:ids) AS i"
    " CROSS JOIN derived_admin d WHERE d.studio_id = i.value",
    "postgresql": "SELECT d.studio_id, d.{order} FROM"
    " json_array_elements_text(CAST(:ids AS json)) AS i(value)"
    " JOIN derived_admin d ON d.studio_id = CAST(i.value AS integer)",
}
_PUT = text(
    "INSERT INTO derived_admin_blocks (ordered, first, ids) VALUES (:ordered, :first, :ids)"
    " ON CONFLICT (ordered, first) DO UPDATE SET ids = excluded.ids"
)
_REMOVE = text("DELETE FROM derived_admin_blocks WHERE ordered = :ordered AND first = :first")
