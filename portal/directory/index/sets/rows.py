"""Sets in rows: studios are put in and taken out.

A row holds whole containers (65,536 numbers each), so that a change of one studio rewrites at most
one container of each of its tokens.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from json import dumps
from secrets import randbelow
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, select, text

from portal.directory.index.sets.tokens import VERSION, has_set_always, word_of
from portal.directory.index.tables import derived_search_sets

CONTAINER = 1 << 16
MOST_BYTES = 8300
"""Of a row; one container alone never has more."""
AT_ONCE = 2000


@dataclass
class Changes:
    """Studios by token, to be put into their sets or to be taken out."""

    by_token: dict[str, BitMap] = field(default_factory=dict)

    def note(self, studio: int, tokens: Iterable[str]) -> None:
        for each in tokens:
            self.by_token.setdefault(each, BitMap()).add(studio)

    def only(self, is_common: Callable[[str], bool]) -> "Changes":
        """Without words that are not common."""
        kept = {
            token: ids
            for token, ids in self.by_token.items()
            if has_set_always(token) or is_common(word_of(token) or "")
        }
        return Changes(kept)

    def put_in(self, connection: Connection) -> None:
        self._write(connection, BitMap.__or__)

    def take_out(self, connection: Connection) -> None:
        self._write(connection, BitMap.__sub__)

    def _write(self, connection: Connection, change: Callable[[BitMap, BitMap], BitMap]) -> None:
        for tokens in _at_once(self):
            _rewrite(connection, {each: self.by_token[each] for each in tokens}, change)


def _rewrite(
    connection: Connection,
    changes: Mapping[str, BitMap],
    change: Callable[[BitMap, BitMap], BitMap],
) -> None:
    stood = _rows(connection, changes, *_reach(changes))
    rows, gone = [], []
    for token, ids in changes.items():
        blocks = stood.get(token, {})
        for first, some in _by_block(ids, sorted(blocks)):
            left = change(BitMap.deserialize(blocks[first]) if first in blocks else BitMap(), some)
            if not left:
                gone += [{"token": token, "first": first}] if first in blocks else []
            else:
                rows += [_row(token, *each) for each in _split(first, left)]
    if rows:
        connection.execute(_PUT, rows)
    if gone:
        connection.execute(_REMOVE, gone)


def _by_block(ids: BitMap, firsts: list[int]) -> Iterator[tuple[int, BitMap]]:
    """The numbers by the row that they belong to; those before the first one get a row at 0."""
    starts = firsts if firsts and firsts[0] <= ids.min() else [0, *firsts]
    if len(starts) == 1:
        yield starts[0], ids
        return
    for start, end in pairwise([*starts, ids.max() + 1]):
        if end > start and (some := ids & BitMap(range(start, end))):
            yield start, some


def _split(first: int, ids: BitMap) -> Iterator[tuple[int, BitMap, bytes]]:
    """In two at a container's beginning, until each part is small enough for a row."""
    written = ids.serialize()
    lowest, highest = ids.min() // CONTAINER, ids.max() // CONTAINER
    if len(written) <= MOST_BYTES or lowest == highest:
        yield first, ids, written
        return
    middle = (lowest + highest + 1) // 2 * CONTAINER
    below = ids.rank(middle - 1)
    yield from _split(first, ids[:below])
    yield from _split(middle, ids[below:])


def _row(token: str, first: int, ids: BitMap, written: bytes) -> dict[str, Any]:
    return {"token": token, "first": first, "studios": len(ids), "ids": written}


def _rows(
    connection: Connection, tokens: Collection[str], low: int, high: int
) -> dict[str, dict[int, bytes]]:
    """The rows in which numbers from `low` to `high` stand, or would."""
    values = {"tokens": dumps(list(tokens)), "low": low, "high": high}
    found: dict[str, dict[int, bytes]] = {}
    for token, first, ids in connection.execute(_TOUCHED[connection.dialect.name], values):
        found.setdefault(token, {})[first] = ids
    return found


def stamp(connection: Connection) -> None:
    """With each change of the sets: readers that keep some of them see another number."""
    values = {"token": VERSION, "first": 0, "studios": randbelow(2**31 - 1) + 1, "ids": b""}
    connection.execute(_PUT, values)


def differing_rows(connection: Connection, changes: Changes) -> int:
    """Tokens whose sets lack one of these studios."""
    wrong = 0
    for tokens in _at_once(changes):
        ids = {each: changes.by_token[each] for each in tokens}
        stood = _rows(connection, ids, *_reach(ids))
        for token, some in ids.items():
            there = (BitMap.deserialize(each) for each in stood.get(token, {}).values())
            wrong += not some.issubset(BitMap.union(BitMap(), *there))
    return wrong


def differing_totals(connection: Connection, members: Counter[str]) -> int:
    """Sets that hold more or fewer studios than that; says so of their rows' bytes as well."""
    table, wrong, left = derived_search_sets.c, 0, Counter(members)
    query = select(table.token, table.studios, table.ids).where(table.token != VERSION)
    rows = connection.execute(query).yield_per(AT_ONCE)
    for token, studios, ids in rows:
        left[token] -= studios
        wrong += len(BitMap.deserialize(ids)) != studios
    return wrong + sum(map(bool, left.values()))


def _reach(changes: Mapping[str, BitMap]) -> tuple[int, int]:
    return min(each.min() for each in changes.values()), max(
        each.max() for each in changes.values()
    )


def _at_once(changes: Changes) -> Iterator[list[str]]:
    tokens = sorted(changes.by_token)
    for at in range(0, len(tokens), AT_ONCE):
        yield tokens[at : at + AT_ONCE]


def forget_sets(connection: Connection, tokens: Collection[str]) -> None:
    values = {"tokens": dumps(list(tokens))}
    connection.execute(_FORGET[connection.dialect.name], values)


GIVEN = {
    "sqlite": "(SELECT value AS token FROM json_each(:tokens))",
    "postgresql": "(SELECT value AS token FROM json_array_elements_text(CAST(:tokens AS json)))",
}
_TOUCHED = {
    engine: text(
        f"SELECT s.token, s.first, s.ids FROM {given} AS g"  # noqa: S608
        " JOIN derived_search_sets s ON s.token = g.token AND s.first <= :high AND s.first >="
        " coalesce((SELECT max(x.first) FROM derived_search_sets x"
        " WHERE x.token = g.token AND x.first <= :low), 0)"
    )
    for engine, given in GIVEN.items()
}
_FORGET = {
    engine: text(f"DELETE FROM derived_search_sets WHERE token IN {given}")  # noqa: S608
    for engine, given in GIVEN.items()
}
_PUT = text(
    "INSERT INTO derived_search_sets (token, first, studios, ids)"
    " VALUES (:token, :first, :studios, :ids) ON CONFLICT (token, first)"
    " DO UPDATE SET studios = excluded.studios, ids = excluded.ids"
)
_REMOVE = text("DELETE FROM derived_search_sets WHERE token = :token AND first = :first")
