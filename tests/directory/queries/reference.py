"""The search as its words and spelling allow it, without an index: what the set is checked with."""

from collections.abc import Collection
from functools import cache

from portal.directory.index.asking import with_others
from portal.directory.spelling import Speller
from portal.directory.words import Query, Term, index_terms, query_terms
from tests.directory.queries.demo_listing import Listing, demo_listings


@cache
def terms_of(listing: Listing) -> tuple[frozenset[str], frozenset[str]]:
    """Of the name, and of everything."""
    name = frozenset(index_terms(listing.name))
    prose = index_terms(listing.prose, prose=True)
    return name, name | frozenset(index_terms(listing.lists)) | frozenset(prose)


def found(search: str, speller: Speller) -> list[str]:
    """Names: exact words before corrected ones, those with the words in their name first."""
    if exact := _found(query_terms(search)):
        return exact
    corrected = speller.corrected(search)
    return _found(with_others(query_terms(corrected.text), corrected.also)) if corrected else []


def _found(query: Query) -> list[str]:
    met = [each for each in demo_listings() if is_met(query, terms_of(each)[1])]
    met.sort(key=lambda each: (not is_met(query, terms_of(each)[0]), each.name))
    return [each.name for each in met]


def is_met(query: Query, terms: Collection[str]) -> bool:
    """Whether each required part has one of its terms there."""
    return all(any(_is_in(terms, term) for term in part.terms) for part in query.required)


def _is_in(terms: Collection[str], term: Term) -> bool:
    if term.is_prefix:
        return any(each.startswith(term.text) for each in terms)
    return term.text in terms
