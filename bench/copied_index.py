"""The search index for a directory filled by `many_listed`, derived from the originals' index.

Indexing a million studios takes the product most of an hour; this serves to measure the response
time of the index. Sets of the copies are those of their originals, shifted by the copies' ids; only
their own data (place, squares, the word of a name) is computed. A copy's row in full text has only
its own word: all other words are common, and found by their sets.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, insert, select

from bench.many_listed import PLACES, STEP, Place, make_places
from portal.directory.folding import fold
from portal.directory.geography import Point
from portal.directory.index.documents import CELLS, NAME, cells_of, place_of
from portal.directory.index.reading import tokens_of
from portal.directory.index.sets.rows import Changes, stamp
from portal.directory.index.sets.tokens import begun_tokens, set_tokens, word_of
from portal.directory.index.tables import (
    derived_search,
    derived_search_keys,
    derived_search_sets,
    derived_search_words,
)
from portal.directory.index.writing import INSERT_TEXT
from portal.directory.spelling.keys import keys_of
from portal.directory.words.plurals import singular

AT_ONCE = 5000
FEWEST = 3
"""The minimum number of originals of a word whose copies get a set; other words are not searched
here."""

Row = dict[str, Any]


@dataclass
class Own:
    """Data of the copies themselves: words with their number of studios, squares, and how the
    words begin."""

    words: Counter[str] = field(default_factory=Counter)
    sets: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def copy_index(connection: Connection, *, stride: int, copies: int) -> Iterator[float]:
    """Requires a complete index of the originals and none of the copies. Yields the completed
    fraction. The caller commits."""
    rows: list[Row] = [dict(row) for row in connection.execute(select(derived_search)).mappings()]
    tokens = tokens_of(connection, [row["rank"] for row in rows])
    own = Own()
    places = [(place, _of_place(place)) for place in make_places()]
    for copy in range(1, copies):
        _write_rows(connection, [(row, stride * copy, copy) for row in rows], places, own)
        yield 0.6 * copy / copies
    by_token: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for each in set_tokens(row["rank"], tokens[row["rank"]], lambda _word: True):
            by_token[each].append(row["studio_id"])
    connection.execute(derived_search_sets.delete())
    for token, ids in by_token.items():
        if token[:2].strip("=") in CELLS:
            own.sets[token] += ids
        elif len(ids) >= FEWEST or word_of(token) is None or token.endswith("*"):
            Changes({token: repeated(BitMap(ids), stride, copies)}).put_in(connection)
    yield 0.8
    Changes({token: BitMap(ids) for token, ids in own.sets.items()}).put_in(connection)
    stamp(connection)
    _count(connection, own.words, copies)


def repeated(ids: BitMap, stride: int, copies: int) -> BitMap:
    """The ids and their copies, each shifted by one more stride; by doubling."""
    if copies == 1:
        return ids
    half = repeated(ids, stride, copies // 2)
    whole = half | half.shift(stride * (copies // 2))
    return whole | ids.shift(stride * (copies - 1)) if copies % 2 else whole


def _of_place(place: Place) -> tuple[Row, list[str]]:
    point = Point(place.latitude, place.longitude)
    return {"city": fold(place.city), **place_of(point)}, cells_of(point)


def _write_rows(
    connection: Connection,
    rows: list[tuple[Row, int, int]],
    places: list[tuple[Place, tuple[Row, list[str]]]],
    own: Own,
) -> None:
    """The rows of one copy: each original, its id offset, and the copy's number."""
    made, texts = [], []
    for row, by, copy in rows:
        number = row["studio_id"]
        place, (values, cells) = places[(number * 7919 + copy * STEP) % PLACES]
        rank = row["rank"] + by
        named = f"{row['named']} {place.word}"
        made.append({**row, **values, "rank": rank, "studio_id": number + by, "named": named})
        texts.append({"rank": rank, "terms": f"{place.word} {NAME}={place.word}"})
        own.words[place.word] += 1
        begun = (
            each for mine in (place.word, f"{NAME}={place.word}") for each in begun_tokens(mine)
        )
        for token in (*cells, *begun):
            own.sets[token].append(number + by)
    connection.execute(insert(derived_search), made)
    connection.execute(INSERT_TEXT[connection.dialect.name], texts)


def _count(connection: Connection, words: Counter[str], copies: int) -> None:
    table = derived_search_words
    connection.execute(table.update().values(studios=table.c.studios * copies))
    existing = set(connection.scalars(select(table.c.word)))
    first = len(existing) + 1_000_000
    new = [(first + at, each) for at, each in enumerate(sorted(set(words) - existing))]
    _insert(
        connection,
        table,
        (
            {
                "id": number,
                "word": word,
                "singular": singular(word),
                "studios": words[word],
                "is_word": True,
            }
            for number, word in new
        ),
    )
    keys = ({"key": key, "word_id": number} for number, word in new for key in keys_of(word))
    _insert(connection, derived_search_keys, keys)


def _insert(connection: Connection, table: Any, rows: Iterable[Row]) -> None:
    for some in _batches(rows):
        connection.execute(insert(table), some)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for each in rows:
        some.append(each)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some
