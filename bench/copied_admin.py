"""The admins' index for a directory filled by `many_listed`, derived from the originals' index.

To index a million studios takes the product a while; this serves to measure the table. What a copy
has in common with its original is shifted by the copies' ids; the word of its name and its city are
worked out. The result is what the product would have made.
"""

from collections import defaultdict
from collections.abc import Iterator

from pyroaring import BitMap
from sqlalchemy import Connection, insert, select

from bench.copied_index import repeated
from bench.many_listed import PLACES, STEP, make_places
from portal.directory.admin.index.blocks import MOST
from portal.directory.admin.index.comparing import stored
from portal.directory.admin.index.documents import ORDERS, Document, place_of
from portal.directory.admin.index.sets import Changes
from portal.directory.admin.index.tables import (
    derived_admin,
    derived_admin_blocks,
    derived_admin_sets,
)
from portal.directory.admin.index.tokens import (
    BEGINNING,
    CITY,
    LONGEST_KEY,
    WORD,
    city_token,
    folded_line,
    word_tokens,
    words_of,
)
from portal.directory.models import StudioProfile

OWN = (CITY, WORD, BEGINNING)
"""Kinds of tokens that a copy does not share with its original."""


def copy_admin(connection: Connection, *, stride: int, copies: int) -> Iterator[float]:
    """Requires a complete index of the originals and none of the copies. The caller commits."""
    documents = list(stored(connection, lambda column: column.is_not(None)).values())
    query = select(StudioProfile.id, StudioProfile.name).where(StudioProfile.id <= stride)
    names = {number: name for number, name in connection.execute(query)}
    places = make_places()
    of_place = [(folded_line(each.city)[:LONGEST_KEY], _of_place(each)) for each in places]
    own, common = defaultdict[str, list[int]](list), defaultdict[str, BitMap](BitMap)
    orders: dict[str, list[str]] = {order: [] for order in ORDERS}
    named = {each.number: folded_line(names[each.number]) for each in documents}
    shared = {each.number: _shared(each, names[each.number]) for each in documents}
    for each in documents:
        for token in each.tokens:
            (common[token].add if token in shared[each.number] else own[token].append)(each.number)
        for order in ORDERS:
            orders[order].append(each.places[order])
    for copy in range(1, copies):
        rows = []
        for each in documents:
            number, at = each.number + stride * copy, (each.number * 7919 + copy * STEP) % PLACES
            city, tokens = of_place[at]
            keys = {order: each.places[order].rpartition("\x01")[0] for order in ORDERS}
            keys |= {"city": city, "named": f"{named[each.number]} {places[at].word}"[:LONGEST_KEY]}
            values = {order: place_of(key, number) for order, key in keys.items()}
            every = (*shared[each.number], *tokens)
            rows.append(Document(number, values, tuple(dict.fromkeys(every))).values)
            for token in tokens:
                if token not in shared[each.number]:
                    own[token].append(number)
            for order in ORDERS:
                orders[order].append(values[order])
        connection.execute(insert(derived_admin), rows)
        yield 0.7 * copy / copies
    connection.execute(derived_admin_sets.delete())
    come = {token: repeated(ids, stride, copies) for token, ids in common.items()}
    for token, numbers in own.items():
        come[token] = come.get(token, BitMap()) | BitMap(numbers)
    Changes(come=come).write(connection)
    yield 0.9
    connection.execute(derived_admin_blocks.delete())
    for order, every in orders.items():
        _write_blocks(connection, order, sorted(every))


def _of_place(place: object) -> tuple[str, ...]:
    city, word = place.city, place.word  # type: ignore[attr-defined]
    words = (*words_of(word), *words_of(city))
    return (city_token(city), *(token for each in words for token in word_tokens(each)))


def _shared(document: Document, name: str) -> dict[str, None]:
    """The tokens of all copies."""
    own = (each for each in document.tokens if not each.startswith(OWN))
    return dict.fromkeys((*own, *(t for each in words_of(name) for t in word_tokens(each))))


def _write_blocks(connection: Connection, order: str, places: list[str]) -> None:
    size = MOST * 2 // 3
    rows = []
    for at in range(0, len(places), size):
        some = places[at : at + size]
        ids = BitMap([int(each.rpartition("\x01")[2]) for each in some])
        rows.append({"ordered": order, "first": some[0] if at else "", "ids": ids.serialize()})
    connection.execute(insert(derived_admin_blocks), rows)
