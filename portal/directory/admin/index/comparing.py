"""What the admins' index should have of the current studios, compared with what it has."""

from collections import Counter
from functools import partial
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, func, select

from portal.directory.admin.index.blocks import places_of
from portal.directory.admin.index.documents import ORDERS, Document, documents
from portal.directory.admin.index.sets import Changes, lacking
from portal.directory.admin.index.tables import (
    derived_admin,
    derived_admin_blocks,
    derived_admin_sets,
)
from portal.directory.derived.registry import Among
from portal.directory.models import StudioProfile

AT_ONCE = 500


def stored(connection: Connection, among: Among) -> dict[int, Document]:
    """What the index has of these studios."""
    rows = connection.execute(select(derived_admin).where(among(derived_admin.c.studio_id)))
    return {row.studio_id: _document(row) for row in rows}


def _document(row: Any) -> Document:
    places = {order: getattr(row, order) for order in ORDERS}
    return Document(row.studio_id, places, tuple(row.tokens.split("\n")))


def differing(connection: Connection) -> int:
    """The number of wrong studios, sets and blocks, in batches of studios."""
    wrong, after, members = 0, -1, Counter[str]()
    while (last := _end_of_batch(connection, after)) is not None:
        wrong += _between(connection, partial(_is_between, after, last), members)
        after = last
    wrong += _between(connection, partial(_is_between, after, None), members)
    return wrong + _sets(connection, members) + _blocks(connection)


def _is_between(after: int, last: int | None, column: Any) -> Any:
    return column > after if last is None else column.between(after + 1, last)


def _end_of_batch(connection: Connection, after: int) -> int | None:
    number = StudioProfile.id
    batch = select(number).where(number > after).order_by(number).limit(AT_ONCE).subquery()
    last: int | None = connection.scalar(select(func.max(batch.c.id)))
    return last


def _between(connection: Connection, among: Among, members: Counter[str]) -> int:
    """Wrong studios, and sets that lack one of them."""
    made = {each.number: each for each in documents(connection, among)}
    there = stored(connection, among)
    changes = Changes()
    for each in made.values():
        members.update(each.tokens)
        changes.note(each.number, (), each.tokens)
    return sum(there.get(n) != made.get(n) for n in {*made, *there}) + lacking(connection, changes)


def _sets(connection: Connection, members: Counter[str]) -> int:
    """Sets of more or fewer studios."""
    left = Counter(members)
    query = select(derived_admin_sets.c.token, derived_admin_sets.c.ids)
    for token, ids in connection.execute(query).yield_per(AT_ONCE):
        left[token] -= len(BitMap.deserialize(ids))
    return sum(map(bool, left.values()))


def _blocks(connection: Connection) -> int:
    """Studios that are missing in an order, or are in the block of another place."""
    wrong, table = 0, derived_admin_blocks.c
    total = connection.scalar(select(func.count()).select_from(derived_admin)) or 0
    for order in ORDERS:
        query = select(table.first, table.ids).where(table.ordered == order).order_by(table.first)
        rows = [(first, BitMap.deserialize(ids)) for first, ids in connection.execute(query)]
        wrong += abs(total - sum(len(ids) for _, ids in rows))
        ends: list[str | None] = [*(first for first, _ in rows[1:]), None]
        for (first, ids), end in zip(rows, ends, strict=False):
            there = places_of(connection, order, ids).values()
            wrong += sum(each < first or (end is not None and each >= end) for each in there)
    return wrong
