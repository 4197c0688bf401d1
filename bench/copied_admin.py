"""The admins' index for a directory filled by `many_listed`, derived from the originals' index.

To index a million studios takes the product a while; this serves to measure the table. What a copy
has in common with its original is shifted by the copies' ids; the word of its name and its city are
worked out. The result is what the product would have made.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pyroaring import BitMap
from sqlalchemy import Connection, insert, select

from bench.copied_index import repeated
from bench.many_listed import PLACES, STEP, Place, make_places
from portal.directory.admin.index.blocks import MOST
from portal.directory.admin.index.comparing import stored
from portal.directory.admin.index.documents import BETWEEN, ORDERS, Document, place_of
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


Located = tuple[Place, Sequence[str]]
"""A place and its tokens."""


@dataclass
class Copies:
    """What is written at the end: the copies' own tokens, what they share, and their places."""

    own: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    common: dict[str, BitMap] = field(default_factory=lambda: defaultdict(BitMap))
    orders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, document: Document, shared: dict[str, None], *, is_first: bool) -> None:
        for token in document.tokens:
            if token not in shared:
                self.own[token].append(document.number)
            elif is_first:
                self.common[token].add(document.number)
        for order in ORDERS:
            self.orders[order].append(document.places[order])


def copy_admin(connection: Connection, *, stride: int, copies: int) -> Iterator[float]:
    """Requires a complete index of the originals and none of the copies. The caller commits."""
    documents = list(stored(connection, lambda column: column.is_not(None)).values())
    query = select(StudioProfile.id, StudioProfile.name).where(StudioProfile.id <= stride)
    names = dict(connection.execute(query).all())
    shared = {each.number: _shared(each, names[each.number]) for each in documents}
    places = [(each, _of_place(each)) for each in make_places()]
    whole = Copies()
    for each in documents:
        whole.note(each, shared[each.number], is_first=True)
    for copy in range(1, copies):
        rows = []
        for each in documents:
            number, at = each.number + stride * copy, (each.number * 7919 + copy * STEP) % PLACES
            made = _copy(each, number, names[each.number], shared[each.number], places[at])
            whole.note(made, shared[each.number], is_first=False)
            rows.append(made.values)
        connection.execute(insert(derived_admin), rows)
        yield 0.7 * copy / copies
    _write(connection, whole, stride, copies)


def _copy(
    of: Document, number: int, name: str, shared: dict[str, None], there: Located
) -> Document:
    place, own = there
    keys = {order: of.places[order].rpartition(BETWEEN)[0] for order in ORDERS}
    keys["city"] = folded_line(place.city)[:LONGEST_KEY]
    keys["named"] = f"{folded_line(name)} {place.word}"[:LONGEST_KEY]
    values = {order: place_of(key, number) for order, key in keys.items()}
    return Document(number, values, tuple(dict.fromkeys((*shared, *own))))


def _write(connection: Connection, whole: Copies, stride: int, copies: int) -> None:
    connection.execute(derived_admin_sets.delete())
    come = {token: repeated(ids, stride, copies) for token, ids in whole.common.items()}
    for token, numbers in whole.own.items():
        come[token] = come.get(token, BitMap()) | BitMap(numbers)
    Changes(come=come).write(connection)
    connection.execute(derived_admin_blocks.delete())
    for order, every in whole.orders.items():
        _write_blocks(connection, order, sorted(every))


def _of_place(place: Place) -> tuple[str, ...]:
    city, word = place.city, place.word
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
        ids = BitMap([int(each.rpartition(BETWEEN)[2]) for each in some])
        rows.append({"ordered": order, "first": some[0] if at else "", "ids": ids.serialize()})
    connection.execute(insert(derived_admin_blocks), rows)
