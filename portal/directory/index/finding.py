"""A search answered by the index: a page of studios, numbers, and what was corrected."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from portal.directory.geography import Point
from portal.directory.index.asking import Known, tiers, whole
from portal.directory.index.circles import Circle
from portal.directory.index.documents import SERVICE, TYPE, country_tokens, facet_token
from portal.directory.index.expression import Expression, Token
from portal.directory.index.statements import (
    MOST,
    Ask,
    Hit,
    Numbers,
    Order,
    known_terms,
)
from portal.directory.index.tables import derived_search_keys, derived_search_words
from portal.directory.spelling import Corrected, Speller, Vocabulary, WordTables
from portal.directory.wish import Sort, Wish
from portal.directory.words import Query, query_terms

WORDS = WordTables(derived_search_words, derived_search_keys)
ORDERS = {
    Sort.RELEVANCE: Order.RELEVANCE,
    Sort.DISTANCE: Order.DISTANCE,
    Sort.RATING: Order.RATING,
    Sort.NEWEST: Order.NEWEST,
    Sort.NAME: Order.NAME,
}


@dataclass(frozen=True)
class Found:
    """`number` is the page that there is, `countries` are codes of those with any studio."""

    hits: list[Hit] = field(default_factory=list)
    number: int = 1
    numbers: Numbers = field(default_factory=lambda: Numbers(0, {}))
    corrected: Corrected | None = None
    countries: frozenset[str] = frozenset()

    @property
    def total(self) -> int:
        return min(self.numbers.total, MOST)

    @property
    def has_more(self) -> bool:
        return self.numbers.total > MOST


def find(connection: Connection, wish: Wish, point: Point | None, *, size: int) -> Found:
    query, known, corrected = _understood(connection, wish)
    if not known.has_all(query):
        return Found(countries=known.countries)
    circle = Circle(point, wish.radius.km) if point else None
    filters = _filters(wish)
    asked, ask = whole(query, filters), Ask(connection, circle, known)
    order = ORDERS[wish.order]
    each = tiers(query, filters, known) if order is Order.RELEVANCE else [asked]
    ask.prepare(asked, *each)
    numbers = ask.numbers(asked)
    total = min(numbers.total, MOST)
    number = min(wish.page, max(1, -(-total // size)))
    hits = ask.page(each, order, limit=size, offset=(number - 1) * size) if total else []
    return Found(hits, number, numbers, corrected, known.countries)


def _understood(connection: Connection, wish: Wish) -> tuple[Query, Known, Corrected | None]:
    """What is asked as it was typed; where no studio has one of the words, corrected."""
    query = query_terms(wish.q)
    known = _known(connection, query)
    if known.has_all(query) or wish.is_as_typed:
        return query, known, None
    corrected = Speller(Vocabulary(WORDS, connection)).corrected(wish.q)
    if corrected is None:
        return query, known, None
    query = query_terms(corrected.text)
    return query, _known(connection, query), corrected


def _known(connection: Connection, query: Query) -> Known:
    return known_terms(connection, (term for part in query.parts for term in part.terms))


def _filters(wish: Wish) -> list[Expression]:
    return [
        *(Token(facet_token(TYPE, each.value)) for each in wish.types),
        *(Token(facet_token(SERVICE, each.value)) for each in wish.services),
        *map(Token, country_tokens(wish.country)),
    ]
