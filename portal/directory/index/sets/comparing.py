"""The sets compared with what they should hold."""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, text

from portal.directory.index.sets.rows import (
    AT_ONCE,
    NOTHING,
    Changes,
    at_once,
    rows_of,
    waiting_for,
)
from portal.directory.index.sets.tokens import VERSION
from portal.directory.index.sets.waiting import SIGN, waiting_of


def differing_rows(connection: Connection, changes: Changes) -> int:
    """Tokens whose sets lack one of these studios."""
    wrong = 0
    for tokens in at_once(changes):
        held = {each: changes.by_token[each] for each in tokens}
        every, waiting = BitMap.union(*held.values()), waiting_for(connection, tokens)
        stood = rows_of(connection, tokens, every.min(), every.max())
        for token, some in held.items():
            there = _written(stood.get(token, {}).values())
            wrong += not some.issubset(waiting.get(token, NOTHING).of(there))
    return wrong


def differing_totals(connection: Connection, members: Counter[str]) -> int:
    """Sets that hold more or fewer studios than that; says so of their rows' bytes as well."""
    signs = {"version": VERSION, "sign": SIGN, "later": LATER}
    rows = connection.execute(_ALL_WAITING, signs).all()
    wrong, left = sum(map(_is_miscounted, rows)), Counter(members)
    waiting = waiting_of((row.token, row.first, row.ids) for row in rows)
    others = connection.execute(_ALL_WRITTEN, signs).yield_per(AT_ONCE)
    for token, group in groupby(others, key=lambda row: str(row.token)):
        some = list(group)
        wrong += sum(map(_is_miscounted, some))
        left[token] -= len(waiting.pop(token, NOTHING).of(_written(row.ids for row in some)))
    left.subtract({token: len(each.put) for token, each in waiting.items()})
    return wrong + sum(map(bool, left.values()))


def _is_miscounted(row: Any) -> bool:
    return len(BitMap.deserialize(row.ids)) != int(row.studios)


def _written(rows: Iterable[bytes]) -> BitMap:
    return BitMap.union(BitMap(), *map(BitMap.deserialize, rows))


LATER = chr(ord(SIGN) + 1)
_ALL_WAITING = text(
    "SELECT token, first, studios, ids FROM derived_search_sets"
    " WHERE token >= :sign AND token < :later AND token != :version ORDER BY token, first"
)
_ALL_WRITTEN = text(
    "SELECT token, first, studios, ids FROM derived_search_sets"
    " WHERE token != :version AND (token < :sign OR token >= :later) ORDER BY token, first"
)
