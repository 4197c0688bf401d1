"""The statements that ask the index. Each gives a page, or numbers: never more rows than that."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Select,
    String,
    bindparam,
    func,
    select,
    text,
    union_all,
)

from portal.databases.engines.derived import SEARCH_TEXT
from portal.directory.facets import facets
from portal.directory.index.asking import Circle, Known, term_text
from portal.directory.index.documents import COUNTRY, facet_token, on_ball
from portal.directory.index.expression import (
    Expression,
    Token,
    all_of,
    on_postgresql,
    on_sqlite,
)
from portal.directory.index.keyset import FIRST, Start
from portal.directory.index.tables import derived_search_words
from portal.directory.index.writing import EVERYBODY
from portal.directory.words import Term

MOST = 10_000
"""Numbers are exact up to here."""
LAST = "\U0010ffff"
CHORD = "((s.x - :x) * (s.x - :x) + (s.y - :y) * (s.y - :y) + (s.z - :z) * (s.z - :z))"

_SHOWN = dict(enumerate(facets()))
"""The filters that a page counts, by their bit."""


class Order(StrEnum):
    """By which value, the least first; then by rank."""

    RELEVANCE = "relevance"
    DISTANCE = "distance"
    RATING = "rated"
    NEWEST = "made"
    NAME = "named"


@dataclass(frozen=True)
class Hit:
    """A studio of the answer; `value` is what it is ordered by before its rank."""

    rank: int
    studio_id: int
    value: Any
    rated: int
    chord: float | None


@dataclass(frozen=True)
class Numbers:
    """`total` is one more than `MOST` where there are more; so is each of the others."""

    total: int
    by_facet: dict[tuple[str, str], int]


def known_terms(connection: Connection, terms: Iterable[Term]) -> Known:
    """In one statement."""
    asked = list(dict.fromkeys(terms))
    plain = sorted({term_text(each) for each in asked if not each.is_prefix} | {EVERYBODY})
    starts = [term_text(each) for each in asked if each.is_prefix]
    values = {f"word{at}": each for at, each in enumerate(plain)}
    for at, start in enumerate(starts):
        values |= {f"name{at}": f"{start}*", f"from{at}": start, f"to{at}": start + LAST}
    rows = connection.execute(_known(len(plain), len(starts)), values)
    found = {name: number or 0 for name, number in rows.all()}
    counts = {each: found.get(term_text(each) + "*" * each.is_prefix, 0) for each in asked}
    there = {name[2:].upper() for name in found if name.startswith(f"{COUNTRY}=")}
    return Known(found.get(EVERYBODY, 0), counts, frozenset(there))


@lru_cache(256)
def _known(words: int, starts: int) -> CompoundSelect[*tuple[Any, ...]]:
    """Of so many words and beginnings; made once, which takes longer than to carry it out."""
    word, studios = derived_search_words.c.word, derived_search_words.c.studios
    asked = [bindparam(f"word{at}", type_=String) for at in range(words)]
    parts: list[Select[*tuple[Any, ...]]] = [
        select(word, studios).where(word.in_(asked)),
        select(word, studios).where(word >= f"{COUNTRY}=", word < f"{COUNTRY}>"),
    ]
    for at in range(starts):
        name, start, end = (bindparam(f"{of}{at}", type_=String) for of in ("name", "from", "to"))
        parts.append(select(name, func.max(studios)).where(word >= start, word < end))
    return union_all(*parts)


@dataclass(frozen=True)
class Ask:
    """A connection, a circle and what has to be written otherwise on either engine."""

    connection: Connection
    circle: Circle | None = None

    def page(
        self,
        tiers: Sequence[Expression | None],
        order: Order,
        *,
        limit: int,
        offset: int = 0,
        start: Start = FIRST,
    ) -> list[Hit]:
        """In the order's own direction, also where the page was read backwards."""
        values = self._values() | start.values
        way = start.way
        if order is Order.RELEVANCE:
            parts = [
                f"SELECT * FROM ({tier} ORDER BY rank{way} LIMIT :reach) AS t{at}"  # noqa: S608
                for at, each in enumerate(tiers)
                if (tier := self._tier(at, each, values, start)) is not None
            ]
            inner = " UNION ALL ".join(parts)
        else:
            value = CHORD if order is Order.DISTANCE else f"s.{order.value}"
            more = start.of_value(value, "s.rank")
            inner = self._hits("w", tiers[0], values, value=value, needs_studio=True, more=more)
            inner += f" ORDER BY value{way}, rank{way} LIMIT :reach"
        if not inner:
            return []
        chord = CHORD if self.circle else "NULL"
        query = (
            f"SELECT h.rank, s.studio_id, h.value AS value, s.rated, {chord} AS chord"  # noqa: S608
            f" FROM (SELECT rank, value FROM ({inner}) AS u ORDER BY value{way}, rank{way}"
            " LIMIT :size OFFSET :skip) AS h JOIN derived_search s ON s.rank = h.rank"
            " ORDER BY h.value, h.rank"
        )
        values |= {"size": limit, "skip": offset, "reach": limit + offset}
        return [Hit(*row) for row in self.connection.execute(text(query), values)]

    def numbers(self, asked: Expression | None, *, may_be_more: bool = True) -> Numbers:
        """In one statement. Of more than `MOST` each filter is counted by itself; `may_be_more` is
        whether there can be so many."""
        values = self._values()
        inner = self._hits("w", asked, values)
        bits = ", ".join(f"sum((s.mask >> {at}) & 1)" for at in _SHOWN)
        query = (
            f"WITH w AS (SELECT rank FROM ({inner} LIMIT {MOST + 1}) AS h)"  # noqa: S608
            f" SELECT count(*), {bits} FROM w JOIN derived_search s ON s.rank = w.rank"
        )
        if may_be_more:
            query += "".join(f" UNION ALL {each}" for each in self._by_facet(asked, values))
        (total, *counts), *more = self.connection.execute(text(query), values).all()
        if total > MOST:
            counts = [row[1] for row in sorted(more, key=lambda row: -row[0])]
        numbers = (int(each or 0) for each in counts)
        return Numbers(int(total), dict(zip(_SHOWN.values(), numbers, strict=True)))

    def _by_facet(self, asked: Expression | None, values: dict[str, Any]) -> Iterator[str]:
        """A row for each filter: its bit below zero, and the number; nothing is read where all of
        them were counted together."""
        nothing = ", NULL" * (len(_SHOWN) - 1)
        more = f" AND (SELECT count(*) FROM w) > {MOST}"  # noqa: S608
        for at, facet in _SHOWN.items():
            token = Token(facet_token(*facet))
            both = all_of([asked, token] if asked else [token])
            inner = self._hits(f"f{at}", both, values, more=more)
            yield f"SELECT {-1 - at}, count(*){nothing} FROM ({inner} LIMIT {MOST + 1}) AS c{at}"  # noqa: S608

    def _tier(
        self, at: int, asked: Expression | None, values: dict[str, Any], start: Start
    ) -> str | None:
        more = start.of_tier(at, "s.rank" if asked is None else "d.rowid")
        if more is None:
            return None
        return self._hits(f"t{at}", asked, values, value=str(at), more=more)

    def _hits(
        self,
        name: str,
        asked: Expression | None,
        values: dict[str, Any],
        *,
        value: str = "0",
        needs_studio: bool = False,
        more: str = "",
    ) -> str:
        near = f" AND {CHORD} <= :chord" if self.circle else ""
        if asked is None:
            where = f" WHERE {CHORD} <= :chord" if self.circle else " WHERE true"
            where += more
            return f"SELECT s.rank AS rank, {value} AS value FROM derived_search s{where}"  # noqa: S608
        is_sqlite = self.connection.dialect.name == "sqlite"
        values[name] = on_sqlite(asked) if is_sqlite else on_postgresql(asked)
        match = f"d.{SEARCH_TEXT} MATCH" if is_sqlite else "d.terms @@"
        join = " JOIN derived_search s ON s.rank = d.rowid" if self.circle or needs_studio else ""
        return (
            f"SELECT d.rowid AS rank, {value} AS value FROM {SEARCH_TEXT} d{join}"  # noqa: S608
            f" WHERE {match} CAST(:{name} AS {'text' if is_sqlite else 'tsquery'}){near}{more}"
        )

    def _values(self) -> dict[str, Any]:
        if self.circle is None:
            return {}
        x, y, z = on_ball(self.circle.centre)
        return {"x": x, "y": y, "z": z, "chord": self.circle.chord}
