"""What a search that found nothing may have meant: fewer words, or a place among the words."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from portal.directory.places.lookup import country_named, named, regions_named
from portal.directory.places.postcodes import postcode_in
from portal.directory.search.search_query import Wish
from portal.directory.words import query_terms
from portal.directory.words.language import language
from portal.directory.words.letters import plain
from portal.directory.words.pieces import WORD

AROUND = re.compile(r"(?:(.*?)\s)?\s*(?:in|near|around)\s+(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Offer:
    label: str
    wish: Wish


def offers(wish: Wish, unknown: Collection[str]) -> list[Offer]:
    """`unknown`: plain words that no studio has. A place that has such a name comes first."""
    around, fewer = _around(wish, unknown), _without(wish, unknown)
    is_named = around and unknown and set(map(plain, _words(around.wish.near))) & set(unknown)
    found = (around, fewer) if is_named else (fewer, around)
    return [each for each in found if each]


def _around(wish: Wish, unknown: Collection[str]) -> Offer | None:
    """“voice over in Seville”; “Scotland”."""
    if wish.near or not wish.q:
        return None
    beside = AROUND.fullmatch(wish.q)
    readings = [("", wish.q), *([(beside[1] or "", beside[2])] if beside else [])]
    for words, place in readings:
        if _is_place(place, wish.country):
            left = _left(words, unknown)
            about = f" for “{left}”" if left else ""
            return Offer(f"Search around {place}{about}", wish.for_words(left).around(place))
    return None


def _is_place(text: str, country: str) -> bool:
    is_area = country_named(text) or regions_named(text)
    return bool(postcode_in(text) or is_area or named(text, country))


def _without(wish: Wish, unknown: Collection[str]) -> Offer | None:
    left = _left(wish.q, unknown)
    if not unknown or left == wish.q or not query_terms(left).required:
        return None
    return Offer(f"Search for “{left}”", wish.for_words(left))


def _left(text: str, unknown: Collection[str]) -> str:
    """Without these words, and without small words that nothing follows any more."""
    words = WORD.sub(lambda found: "" if plain(found[0]) in unknown else found[0], text).split()
    while words and plain(words[-1]) in language().empty:
        del words[-1]
    return " ".join(words)


def _words(text: str) -> list[str]:
    return [found[0] for found in WORD.finditer(text)]
