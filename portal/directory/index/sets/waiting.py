"""What waits to be written into the rows of a set: studios that were put in or taken out since.

A set of many studios has rows of 8 kB, and to find one in its table takes SQLite ten times as long
as to find a small one. So a change of a studio or two goes into small rows beside each other, under
the token with a sign before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zlib import crc32

from pyroaring import BitMap

from portal.directory.index.documents import CELLS

SIGN = "+"
"""Before the token; no token begins with it."""
PUT_IN, TAKEN_OUT = 0, 1
"""In place of the first number of a row. There is a row of those that were put in, with nobody in
it as well, for each token that has a large row."""
LEAST, SPREAD = 32, 64
"""So many studios may wait, and up to so many more."""
SQUARES = frozenset(f"{kind}=" for kind in CELLS)
"""Kinds of tokens whose rows are found by their neighbours: nothing waits for them."""


@dataclass(frozen=True)
class Waiting:
    """The rows of a token are still to be written without `taken`, and with `put`. Nobody is in
    both."""

    put: BitMap = field(default_factory=BitMap)
    taken: BitMap = field(default_factory=BitMap)

    def __len__(self) -> int:
        return len(self.put) + len(self.taken)

    def also(self, ids: BitMap, *, is_put: bool) -> "Waiting":
        if is_put:
            return Waiting(self.put | ids, self.taken - ids)
        return Waiting(self.put - ids, self.taken | ids)

    def of(self, written: BitMap) -> BitMap:
        """The set, of what its rows say."""
        return (written - self.taken) | self.put


def waiting_of(rows: Iterable[tuple[str, int, bytes]]) -> dict[str, Waiting]:
    """By token, from rows with a sign."""
    found: dict[str, dict[int, BitMap]] = {}
    for token, first, ids in rows:
        found.setdefault(token.removeprefix(SIGN), {})[first] = BitMap.deserialize(ids)
    return {token: _waiting(some) for token, some in found.items()}


def _waiting(some: Mapping[int, BitMap]) -> Waiting:
    return Waiting(some.get(PUT_IN) or BitMap(), some.get(TAKEN_OUT) or BitMap())


def signed(tokens: Iterable[str]) -> list[str]:
    """The tokens under which something may wait for these."""
    return [f"{SIGN}{each}" for each in tokens if each[:2] not in SQUARES]


def may_wait(token: str) -> bool:
    return token[:2] not in SQUARES


def most_waiting(token: str) -> int:
    """Another number for each token, so that they are not all written at once."""
    return LEAST + crc32(token.encode()) % SPREAD
