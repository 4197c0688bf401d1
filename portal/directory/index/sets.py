"""Sets of studios by token: filters, places, quality, and the words that many studios have.

A set is kept in rows of whole containers (65,536 numbers each), so that a change of one studio
rewrites at most one container of each of its tokens. A word has a set from `COMMON_FROM` studios
on; below, full text lists its studios.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from json import dumps
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, select, text

from portal.databases.engines.derived import SEARCH_TEXT
from portal.directory.index.documents import KINDS, OF_STUDIOS, POSTCODE, STEPS, WHOLE_NAME
from portal.directory.index.expression import Any as AnyOf
from portal.directory.index.expression import Expression, any_of, on_postgresql, on_sqlite
from portal.directory.index.tables import derived_search_sets

COMMON_FROM = 256
LISTED = (f"{POSTCODE}=", f"{WHOLE_NAME}=")
"""Kinds of tokens that few studios share: full text lists them."""
EVERYBODY = ""
"""In place of a word: every studio of the index."""
CONTAINER = 1 << 16
MOST_BYTES = 8300
"""Of a row; one container alone never has more."""
AT_ONCE = 2000
SLICES = STEPS.bit_length()
IN_ONE = 16
MOST_LISTED = 1000
"""Studios of a postcode's area, the best first: nobody is shown more of them."""


def slice_token(bit: int) -> str:
    return f"q={bit}"


def studio_of(rank: int) -> int:
    return rank & ((1 << OF_STUDIOS) - 1)


def word_of(token: str) -> str | None:
    """The word that a token asks for, in whichever place; None for other tokens."""
    kind, sign, word = token.partition("=")
    if not sign:
        return token
    return word if kind in KINDS else None


def is_set(token: str, is_common: Callable[[str], bool]) -> bool:
    word = word_of(token)
    return token[:2] not in LISTED if word is None else is_common(word)


def set_tokens(rank: int, tokens: Iterable[str], is_common: Callable[[str], bool]) -> Iterator[str]:
    """Those of a studio's tokens that have a set, everybody's, and the bits of its quality."""
    yield EVERYBODY
    step = rank >> OF_STUDIOS
    yield from (slice_token(bit) for bit in range(SLICES) if step >> bit & 1)
    yield from (each for each in tokens if is_set(each, is_common))


@dataclass
class Changes:
    """Studios by token, to be put into their sets or to be taken out."""

    by_token: dict[str, BitMap] = field(default_factory=dict)

    def note(self, studio: int, tokens: Iterable[str]) -> None:
        for each in tokens:
            self.by_token.setdefault(each, BitMap()).add(studio)

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
    rows = connection.execute(select(table.token, table.studios, table.ids)).yield_per(AT_ONCE)
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


@dataclass(frozen=True)
class Wanted:
    """What one statement fetches: sets by their tokens, sets of all tokens from one to another,
    and lists of full text, each under a name of its own."""

    tokens: Collection[str] = ()
    ranges: Collection[tuple[str, str]] = ()
    lists: Mapping[str, Expression] = field(default_factory=dict)


def fetch(connection: Connection, wanted: Wanted) -> dict[str, BitMap]:
    """In one statement; a set that is not there is empty."""
    query, values = statement(connection.dialect.name, wanted)
    parts: dict[str, list[BitMap]] = {}
    listed: dict[str, list[int]] = {each: [] for each in wanted.lists}
    for name, ids, rank in connection.execute(text(query), values) if query else ():
        if ids is None:
            listed[name].append(studio_of(rank))
        else:
            parts.setdefault(name, []).append(BitMap.deserialize(ids))
    found = {each: BitMap() for each in wanted.tokens}
    found |= {name: BitMap.union(*some) for name, some in parts.items()}
    return found | {name: BitMap(ids) for name, ids in listed.items()}


def statement(engine: str, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts, values = list[str](), dict[str, Any]()
    if wanted.tokens:
        values["tokens"] = dumps(sorted(wanted.tokens))
        parts.append(
            f"SELECT s.token, s.ids, {_NONE[engine]} AS rank FROM {GIVEN[engine]} AS g"  # noqa: S608
            " JOIN derived_search_sets s ON s.token = g.token"
        )
    if wanted.ranges:
        values["ranges"] = dumps(sorted(wanted.ranges))
        parts.append(
            f"SELECT s.token, s.ids, {_NONE[engine]} AS rank FROM {_RANGES[engine]} AS r"  # noqa: S608
            " JOIN derived_search_sets s ON s.token >= r.low AND s.token <= r.high"
        )
    for at, (name, asked) in enumerate(wanted.lists.items()):
        most = f" ORDER BY d.rowid LIMIT {MOST_LISTED}" if name.startswith(f"{POSTCODE}=") else ""
        values |= {f"n{at}": name, f"w{at}": _written(engine, asked)}
        parts.append(_LIST[engine].format(at=at, most=most))
    return " UNION ALL ".join(parts), values


def _written(engine: str, asked: Expression) -> str:
    """In some parts: a row costs full text as much as there are words in one."""
    words = asked.of if isinstance(asked, AnyOf) else (asked,)
    some = (any_of(words[at : at + IN_ONE]) for at in range(0, len(words), IN_ONE))
    write = on_sqlite if engine == "sqlite" else on_postgresql
    return dumps([write(each) for each in some])


_NONE = {"sqlite": "NULL", "postgresql": "CAST(NULL AS bigint)"}
_RANGES = {
    "sqlite": "(SELECT json_extract(value, '$[0]') AS low, json_extract(value, '$[1]') AS high"
    " FROM json_each(:ranges))",
    "postgresql": '(SELECT (value ->> 0) COLLATE "C" AS low, (value ->> 1) COLLATE "C" AS high'
    " FROM json_array_elements(CAST(:ranges AS json)))",
}
_LIST = {
    "sqlite": "SELECT :n{at}, NULL, l{at}.rowid FROM (SELECT d.rowid FROM json_each(:w{at}) AS w"  # noqa: S608
    f" CROSS JOIN {SEARCH_TEXT} AS d WHERE d.{SEARCH_TEXT} MATCH w.value{{most}}) AS l{{at}}",
    "postgresql": "SELECT CAST(:n{at} AS text), CAST(NULL AS bytea), l{at}.rowid FROM (SELECT"  # noqa: S608
    " d.rowid FROM json_array_elements_text(CAST(:w{at} AS json)) AS w(asked)"
    f" JOIN {SEARCH_TEXT} d ON d.terms @@ CAST(w.asked AS tsquery){{most}}) AS l{{at}}",
}
