"""Sets in rows: studios are put in and taken out.

A row holds whole containers (65,536 numbers each). A change of a studio or two waits in small rows
beside large ones (`waiting.py`), so that it costs the same however many have the token.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from json import dumps
from secrets import randbelow
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, text

from portal.directory.index.sets.tokens import VERSION, has_set_always, word_of
from portal.directory.index.sets.waiting import (
    PUT_IN,
    SIGN,
    TAKEN_OUT,
    Waiting,
    may_wait,
    most_waiting,
    signed,
    waiting_of,
)

CONTAINER = 1 << 16
MOST_BYTES = 8300
"""Of a row; one container alone never has more."""
AT_ONCE = 2000
LARGE = 2000
"""Bytes of a row that is not rewritten for a studio or two."""
FEW = 8
"""So many studios at most may wait; of more all is written."""
NOTHING = Waiting()


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
        self._write(connection, is_put=True)

    def take_out(self, connection: Connection) -> None:
        self._write(connection, is_put=False)

    def _write(self, connection: Connection, *, is_put: bool) -> None:
        for tokens in at_once(self):
            _rewrite(connection, {each: self.by_token[each] for each in tokens}, is_put=is_put)


@dataclass
class _Writing:
    """Rows to be written, and rows to be deleted."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    gone: list[dict[str, Any]] = field(default_factory=list)

    def put(self, token: str, blocks: Mapping[int, bytes], change: Waiting) -> bool:
        """Changes the rows themselves; whether one of them is large now."""
        is_large = False
        for first, some in _by_block(change.put | change.taken, sorted(blocks)):
            left = BitMap.deserialize(blocks[first]) if first in blocks else BitMap()
            left = (left - (change.taken & some)) | (change.put & some)
            if left:
                rows = [_row(token, *each) for each in _split(first, left)]
                is_large |= any(len(row["ids"]) > LARGE for row in rows)
                self.rows += rows
            elif first in blocks:
                self.gone.append({"token": token, "first": first})
        return is_large

    def wait(self, token: str, before: Waiting | None, after: Waiting) -> None:
        """Writes what waits, of which this was there: nobody as well."""
        if before is None or before.put != after.put:
            self.rows.append(_row(SIGN + token, PUT_IN, after.put, after.put.serialize()))
        taken = before.taken if before else NOTHING.taken
        if after.taken and after.taken != taken:
            self.rows.append(_row(SIGN + token, TAKEN_OUT, after.taken, after.taken.serialize()))
        elif taken and not after.taken:
            self.gone.append({"token": SIGN + token, "first": TAKEN_OUT})


def _rewrite(connection: Connection, changes: Mapping[str, BitMap], *, is_put: bool) -> None:
    are_few = len(BitMap.union(*changes.values())) <= FEW
    waiting, writing, whole = waiting_for(connection, changes), _Writing(), dict[str, Waiting]()
    for token, ids in changes.items():
        after = waiting.get(token, NOTHING).also(ids, is_put=is_put)
        if are_few and token in waiting and len(after) <= most_waiting(token):
            writing.wait(token, waiting[token], after)
        else:
            whole[token] = after
    stood = rows_of(connection, whole, *reach_of(whole.values())) if whole else {}
    for token, change in whole.items():
        is_large = writing.put(token, stood.get(token, {}), change)
        if token in waiting or (is_large and may_wait(token)):
            writing.wait(token, waiting.get(token), NOTHING)
    if writing.rows:
        connection.execute(_PUT, writing.rows)
    if writing.gone:
        connection.execute(_REMOVE, writing.gone)


def waiting_for(connection: Connection, tokens: Iterable[str]) -> dict[str, Waiting]:
    """What waits for these; there is something for each token with a large row."""
    asked = {"tokens": dumps(signed(tokens))}
    return waiting_of(map(tuple, connection.execute(_WAITING[connection.dialect.name], asked)))


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


def rows_of(
    connection: Connection, tokens: Collection[str], low: int, high: int
) -> dict[str, dict[int, bytes]]:
    """The rows in which numbers from `low` to `high` are, or would be."""
    values = {"tokens": dumps(list(tokens)), "low": low, "high": high}
    found: dict[str, dict[int, bytes]] = {}
    for token, first, ids in connection.execute(_TOUCHED[connection.dialect.name], values):
        found.setdefault(token, {})[first] = ids
    return found


def stamp(connection: Connection) -> None:
    """With each change of the sets: readers that keep some of them see another number."""
    values = {"token": VERSION, "first": 0, "studios": randbelow(2**31 - 1) + 1, "ids": b""}
    connection.execute(_PUT, values)


def reach_of(changes: Iterable[Waiting]) -> tuple[int, int]:
    every = BitMap.union(*(ids for each in changes for ids in (each.put, each.taken)))
    return every.min(), every.max()


def at_once(changes: Changes) -> Iterator[list[str]]:
    tokens = sorted(changes.by_token)
    for at in range(0, len(tokens), AT_ONCE):
        yield tokens[at : at + AT_ONCE]


def forget_sets(connection: Connection, tokens: Collection[str]) -> None:
    values = {"tokens": dumps([*tokens, *signed(tokens)])}
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
_WAITING = {
    engine: text(
        f"SELECT s.token, s.first, s.ids FROM {given} AS g"  # noqa: S608
        " JOIN derived_search_sets s ON s.token = g.token"
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
