"""Finding studios by words, place and filters.

Distances are made from the coordinates that the public may see: made from the exact ones, three
of them would give a hidden address away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from portal.core.paging import Page
from portal.directory.folding import fold
from portal.directory.index.circles import km_of
from portal.directory.index.documents import rating_in
from portal.directory.index.finding import find
from portal.directory.index.keyset import Hit
from portal.directory.kept.asking import OutOfDate, is_indexed, late_connection
from portal.directory.kept.memory import memory, use
from portal.directory.pages.queries import cards, listed_counts
from portal.directory.places.countries import countries
from portal.directory.presentation import Card, Rating
from portal.directory.search.chips import Chip, Filters, filters_of
from portal.directory.search.location import NO_LOCATION, Fault, Location, locate, names_of
from portal.directory.search.marks import Mark, name_of_list
from portal.directory.search.offers import Offer, offers
from portal.directory.search.plain_search import NOBODY, look_for, part_of
from portal.directory.search.search_query import Wish
from portal.directory.search.stretch import PageLinks, page_links
from portal.directory.search.values import MOST_PAGES
from portal.directory.search.without_index import Match
from portal.directory.spelling import Corrected

PAGE = 24


@dataclass(frozen=True)
class Results:
    """`where` is the place found for what the visitor typed; `countries` are names by code;
    `has_more`: there are more than `page.total`; `before`: how many come before the page's, where
    that is known; `unknown`: words that no studio has, if they are why there is no result."""

    wish: Wish
    page: Page[Card]
    filters: Filters
    links: PageLinks
    before: int | None = 0
    where: Location = NO_LOCATION
    countries: dict[str, str] = field(default_factory=dict)
    corrected: Corrected | None = None
    has_more: bool = False
    is_from_index: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def is_ambiguous(self) -> bool:
        return self.where.fault is Fault.AMBIGUOUS

    @property
    def is_region(self) -> bool:
        return self.where.fault is Fault.REGION

    @property
    def is_postcode_unknown(self) -> bool:
        return self.where.fault is Fault.UNKNOWN_POSTCODE

    @property
    def heading(self) -> str:
        heading = "Studios"
        if self.where.point:
            heading = f"Studios around {self.where.name}"
        elif self.wish.country and not self.where.fault:
            heading = f"Studios in {self.wish.country_name}"
        return f"{heading} for “{self.wish.q}”" if self.wish.q else heading

    @property
    def offers(self) -> list[Offer]:
        """For a search without results."""
        return offers(self.wish, self.unknown)

    @property
    def pages(self) -> int:
        """How many have a number."""
        return min(self.page.pages, MOST_PAGES)

    @property
    def first(self) -> int:
        """The place of the first one shown in the whole list, from 1; 0 where it isn't known."""
        return 0 if self.before is None or not self.page.items else self.before + 1

    @property
    def last(self) -> int:
        return self.first + len(self.page.items) - 1

    @property
    def types(self) -> list[Chip]:
        return self.filters.types.chips

    @property
    def services(self) -> list[Chip]:
        return self.filters.services.chips

    def page_address(self, address: Callable[[Wish], str]) -> Callable[[int], str]:
        return lambda number: address(self.wish.on_page(number))


def find_studios(wish: Wish) -> Results:
    try:
        return _found(wish)
    except OutOfDate:
        memory.forget()
        use(None)
        return _found(wish)


def _found(wish: Wish) -> Results:
    where = locate(wish.near, wish.country, find_place) if wish.near else NO_LOCATION
    if where.country:
        wish = wish.around("", where.country)
    if is_indexed() and not where.fault:
        return _in_index(wish, where)
    return _in_python(wish, where)


def _in_index(wish: Wish, where: Location) -> Results:
    found = find(late_connection(), wish, where.point, size=PAGE)
    wish, part, there = found.wish, found.part, {*found.countries, wish.country}
    page = Page(_cards_of(part.items), wish.page, PAGE, found.total)
    return Results(
        wish=wish,
        page=page,
        filters=filters_of(wish, found.numbers.by_facet, most=found.most),
        links=page_links(wish, part, found.mark, pages=page.pages),
        before=part.before,
        where=where,
        countries={code: name for code, name in countries().items() if code in there},
        corrected=found.corrected,
        has_more=found.has_more,
        is_from_index=True,
        unknown=found.unknown,
    )


def _in_python(wish: Wish, where: Location) -> Results:
    listed = NOBODY if where.fault else look_for(wish, where.point)
    of = name_of_list("python", wish.told_without_place(), where.point)
    wish, part = part_of(listed, wish, of, size=PAGE)
    page = Page(_cards_of_matches(part.items), wish.page, PAGE, len(listed.every))
    there = {*listed.codes, wish.country}
    known = countries()
    return Results(
        wish=wish,
        page=page,
        filters=filters_of(wish, listed.counts),
        links=page_links(wish, part, lambda match: Mark(of, listed.key(match)), pages=page.pages),
        before=part.before,
        where=where,
        countries=known if where.fault else {c: n for c, n in known.items() if c in there},
    )


def _cards_of(hits: Sequence[Hit]) -> list[Card]:
    rated = {hit.studio_id: Rating(*told) for hit in hits if (told := rating_in(hit.rated))}
    far = {hit.studio_id: km_of(hit.chord) for hit in hits if hit.chord is not None}
    return cards([hit.studio_id for hit in hits], rated, far)


def find_place(near: str) -> str | None:
    """The city that is meant: by its whole name, else by how it begins; the larger one first."""
    cities = [count.name for count in listed_counts().cities]
    for name in names_of(near):
        for fits in (str.__eq__, str.startswith):
            for city in cities:
                if fits(fold(city), name):
                    return city
    return None


def _cards_of_matches(found: Sequence[Match]) -> list[Card]:
    rated = {match.id: match.rating for match in found if match.rating}
    far = {match.id: match.distance_km for match in found if match.distance_km < float("inf")}
    return cards([match.id for match in found], rated, far)
