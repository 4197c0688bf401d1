"""Sets of studios by token, in rows of a container each: they are read, and changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from json import dumps
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, text

CONTAINER_BITS = 16
MOST_ROWS = 20_000
"""Of a range: more words do not begin alike."""
AT_ONCE = 1000

Range = tuple[str, str]


@dataclass
class Changes:
    """Studios by token, to be taken out of their sets and to be put into them."""

    gone: dict[str, BitMap] = field(default_factory=dict)
    come: dict[str, BitMap] = field(default_factory=dict)

    def note(self, studio: int, before: Iterable[str], after: Iterable[str]) -> None:
        old, new = set(before), set(after)
        for tokens, to in ((old - new, self.gone), (new - old, self.come)):
            for each in tokens:
                to.setdefault(each, BitMap()).add(studio)

    def write(self, connection: Connection) -> None:
        tokens = sorted({*self.gone, *self.come})
        for first in range(0, len(tokens), AT_ONCE):
            _write(connection, tokens[first : first + AT_ONCE], self)


def sets_of(connection: Connection, tokens: Collection[str]) -> dict[str, BitMap]:
    """In one statement; a set that is not there is empty."""
    found = {each: BitMap() for each in tokens}
    if not found:
        return found
    asked = {"tokens": dumps(sorted(found))}
    for token, ids in connection.execute(_OF_TOKENS[connection.dialect.name], asked):
        found[token] |= BitMap.deserialize(ids)
    return found


def united(connection: Connection, low: str, high: str) -> BitMap:
    """All sets from one token to another."""
    rows = connection.execute(_BETWEEN, {"low": low, "high": high, "most": MOST_ROWS})
    return BitMap.union(BitMap(), *(BitMap.deserialize(ids) for (ids,) in rows))


Parts = dict[tuple[str, int], tuple[BitMap, BitMap]]
"""By token and part: who goes and who comes."""


def lacking(connection: Connection, changes: Changes) -> int:
    """The number of sets that lack one of those who should be there."""
    tokens, wrong = sorted(changes.come), 0
    for first in range(0, len(tokens), AT_ONCE):
        parts = _parts_of(tokens[first : first + AT_ONCE], changes)
        stood = _stored(connection, parts)
        wrong += sum(
            not come.issubset(stood.get(key, BitMap())) for key, (_, come) in parts.items()
        )
    return wrong


def _parts_of(tokens: Iterable[str], changes: Changes) -> Parts:
    parts: Parts = {}
    for token in tokens:
        for at, each in enumerate((changes.gone, changes.come)):
            for part, ids in _in_parts(each.get(token)):
                parts.setdefault((token, part), (BitMap(), BitMap()))[at].update(ids)
    return parts


def _write(connection: Connection, tokens: list[str], changes: Changes) -> None:
    rows, empty = list[dict[str, Any]](), list[dict[str, Any]]()
    parts = _parts_of(tokens, changes)
    stood = _stored(connection, parts)
    for (token, part), (gone, come) in parts.items():
        left = (stood.get((token, part), BitMap()) - gone) | come
        if left:
            rows.append({"token": token, "part": part, "ids": left.serialize()})
        else:
            empty.append({"token": token, "part": part})
    if rows:
        connection.execute(_PUT, rows)
    if empty:
        connection.execute(_REMOVE, empty)


def _in_parts(ids: BitMap | None) -> Iterable[tuple[int, BitMap]]:
    while ids:
        part = ids.min() >> CONTAINER_BITS
        mine = ids[: ids.rank(((part + 1) << CONTAINER_BITS) - 1)]
        yield part, mine
        ids = ids - mine


def _stored(
    connection: Connection, parts: Mapping[tuple[str, int], Any]
) -> dict[tuple[str, int], BitMap]:
    if not parts:
        return {}
    numbers = [part for _, part in parts]
    asked = {
        "tokens": dumps(sorted({token for token, _ in parts})),
        "low": min(numbers),
        "high": max(numbers),
    }
    rows = connection.execute(_OF_PARTS[connection.dialect.name], asked)
    return {
        (token, part): BitMap.deserialize(ids)
        for token, part, ids in rows
        if (token, part) in parts
    }


GIVEN = {
    "sqlite": "(SELECT value AS token FROM json_each(:tokens))",
    "postgresql": "(SELECT value AS token FROM json_array_elements_text(CAST(:tokens AS json)))",
}
_OF_TOKENS = {
    engine: text(
        f"SELECT s.token, s.ids FROM {given} AS g"  # noqa: S608
        " CROSS JOIN derived_admin_sets s WHERE s.token = g.token"
    )
    for engine, given in GIVEN.items()
}
_OF_PARTS = {
    engine: text(
        f"SELECT s.token, s.part, s.ids FROM {given} AS g"  # noqa: S608
        " CROSS JOIN derived_admin_sets s"
        " WHERE s.token = g.token AND s.part BETWEEN :low AND :high"
    )
    for engine, given in GIVEN.items()
}
_BETWEEN = text(
    "SELECT ids FROM derived_admin_sets WHERE token >= :low AND token <= :high LIMIT :most"
)
_PUT = text(
    "INSERT INTO derived_admin_sets (token, part, ids) VALUES (:token, :part, :ids)"
    " ON CONFLICT (token, part) DO UPDATE SET ids = excluded.ids"
)
_REMOVE = text("DELETE FROM derived_admin_sets WHERE token = :token AND part = :part")
