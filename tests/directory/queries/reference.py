"""The search as its words and spelling allow it, without an index: what the set is checked with."""

from functools import cache

from portal.directory.index.asking import with_others
from portal.directory.spelling import Speller
from portal.directory.words import Query, index_terms, query_terms
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
    met = [each for each in demo_listings() if query.is_met_by(terms_of(each)[1])]
    met.sort(key=lambda each: (not query.is_met_by(terms_of(each)[0]), each.name))
    return [each.name for each in met]
