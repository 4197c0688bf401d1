"""A search answered by the index: a page of studios, numbers, and what was corrected."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from portal.directory.geography import Point
from portal.directory.index.asking import Known, tiers, whole, with_others
from portal.directory.index.circles import circle_around
from portal.directory.index.documents import country_tokens, facet_token
from portal.directory.index.evaluating import Sets
from portal.directory.index.expression import Expression, Token
from portal.directory.index.keyset import THE_END, Hit, Order, Start
from portal.directory.index.sets.tokens import EVERYBODY
from portal.directory.index.statements import MOST, Ask, Numbers, needed_tokens
from portal.directory.index.tables import derived_search_keys, derived_search_words
from portal.directory.kept.vocabulary import RememberedVocabulary
from portal.directory.search.marks import FOREIGN, Mark, name_of_list
from portal.directory.search.search_query import Sort, Wish
from portal.directory.search.stretch import Stretch, nearest, numbered
from portal.directory.spelling import Corrected, Speller, WordTables
from portal.directory.words import Query, Term, query_terms

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
    """`wish` is what was answered, `countries` are codes of those with any studio; `of` names the
    list, for marks, and `plan` is how its tiers were made. No studio has a word of `unknown`."""

    wish: Wish
    part: Stretch[Hit] = field(default_factory=Stretch)
    numbers: Numbers = field(default_factory=lambda: Numbers(0, {}))
    corrected: Corrected | None = None
    countries: frozenset[str] = frozenset()
    of: str = ""
    plan: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def most(self) -> int:
        """Numbers are exact up to here."""
        return MOST

    @property
    def total(self) -> int:
        return min(self.numbers.total, MOST)

    @property
    def has_more(self) -> bool:
        return self.numbers.total > MOST

    def mark(self, hit: Hit) -> Mark:
        return Mark(self.of, (hit.value, hit.rank), plan=self.plan)


def find(connection: Connection, wish: Wish, point: Point | None, *, size: int) -> Found:
    circle, order = circle_around(point, wish.radius.km) if point else None, ORDERS[wish.order]
    filters = [*(facet_token(*each) for each in wish.facets), *country_tokens(wish.country)]
    is_end = wish.is_deep and wish.after is None
    sets = Sets(connection, circle, tuple(filters), order is Order.DISTANCE, is_end)
    query, known, corrected = _understood(sets, wish, order)
    of = name_of_list("index", wish.told_without_place(), point, corrected and corrected.text)
    if wish.after and not (wish.after.of == of and _fits(wish.after, order)):
        wish = wish.because(FOREIGN)
    if not known.has_all(query):
        unknown = tuple(part.typed for part in query.required if not known.of(part))
        return Found(wish.on_page(1), countries=known.countries, unknown=unknown)
    wanted = [*map(Token, filters)]
    asked, ask = whole(query, wanted), Ask(sets)
    plan = wish.after.plan if wish.after else known.plan(query)
    text = corrected.text if corrected else wish.q
    each = tiers(query, wanted, plan, text) if order is Order.RELEVANCE else [asked]
    sets.fetch_tiers(asked, each, needed_tokens(order))
    numbers = ask.numbers(asked)
    wish, part = _part(ask, each, wish, numbers, size) if numbers.total else (wish, Stretch())
    told = corrected if numbers.total else None
    return Found(wish, part, numbers, told, known.countries, of, plan)


def _part(
    ask: Ask, each: list[Expression | None], wish: Wish, numbers: Numbers, size: int
) -> tuple[Wish, Stretch[Hit]]:
    """The part of the list, and the wish with the page that there is."""
    total, order = min(numbers.total, MOST), ORDERS[wish.order]
    if wish.is_deep:
        mark = wish.after
        start = Start((mark.key[0], mark.key[1]), mark.is_before) if mark else THE_END
        rows = ask.page(each, order, limit=size + 1, start=start)
        exact = None if numbers.total > MOST else total
        return wish, nearest(rows, wish, size=size, total=exact)
    number = min(wish.page, max(1, -(-total // size)))
    hits = ask.page(each, order, limit=size, offset=(number - 1) * size)
    return wish.on_page(number), numbered(hits, number, size=size, total=numbers.total)


def _fits(mark: Mark, order: Order) -> bool:
    """Whether its values are those of the order; each is compared with a column."""
    if len(mark.key) != 2 or type(mark.key[1]) is not int:
        return False
    kinds = {Order.NAME: (str,), Order.DISTANCE: (float, int)}.get(order, (int,))
    return type(mark.key[0]) in kinds


def _understood(sets: Sets, wish: Wish, order: Order) -> tuple[Query, Known, Corrected | None]:
    """What is asked as it was typed; where no studio has one of the words, corrected. A search
    without words fetches at once what its page needs."""
    query = query_terms(wish.q)
    needed = () if query.parts else (EVERYBODY, *sets.filters, *needed_tokens(order))
    known = sets.know(_terms(query), needed)
    if known.has_all(query) or wish.is_as_typed:
        return query, known, None
    vocabulary = RememberedVocabulary(WORDS, sets.connection)
    unknown = {part.typed for part in query.required if not known.of(part)}
    corrected = Speller(vocabulary).corrected(wish.q, only=unknown)
    if corrected is None:
        return query, known, None
    query = with_others(query_terms(corrected.text), corrected.also)
    sets.known = known.also(query, vocabulary.answers.counts(), corrected.words)
    return query, sets.known, corrected


def _terms(query: Query) -> list[Term]:
    return [term for part in query.parts for term in part.terms]
