"""Published studios of the same city with a similar name."""

from dataclasses import dataclass, replace

from portal.directory.folding import one_line
from portal.directory.presentation import Card
from portal.directory.search.find import find_studios
from portal.directory.search.search_query import Wish
from portal.directory.spelling.keys import SHORTEST
from portal.directory.spelling.ranking import cost
from portal.directory.visibility import number_in
from portal.directory.words import normal
from portal.directory.words.language import language
from portal.directory.words.plurals import singular

MOST = 3
LONGEST_NAME = 200
SAYS_LITTLE = frozenset({"recording", "sound", "audio", "voice", "ltd", "limited", "llc", "inc"})
"""Words that the names of many studios have. With them alone two names are not similar."""


@dataclass(frozen=True)
class Similar:
    name: str
    place: str
    slug: str


def similar_studios(name: str, city: str, *, but: int | None) -> list[Similar]:
    """`but`: the person's own studio. Nothing without a name or a city."""
    words, place = _words(name), normal(city)
    if not words or not place:
        return []
    found: dict[str, Card] = {}
    for wish in _wishes(words, one_line(city)):
        found |= {card.slug: card for card in find_studios(wish).page.items}
    return [
        Similar(card.name, card.place, card.slug)
        for card in found.values()
        if number_in(card.slug) != but and normal(card.place) == place
        if is_similar(name, card.name)
    ][:MOST]


def _wishes(words: list[str], city: str) -> list[Wish]:
    """All the words; and each that says something, with its spelling corrected by the search."""
    telling = [each for each in _telling(words) if len(each) >= SHORTEST]
    whole = Wish(q=" ".join(words), near=city)
    return [whole, *(replace(whole, q=each) for each in telling[:2] if [each] != words)]


def is_similar(one: str, other: str) -> bool:
    """“Soho Voice Rooms” and “The Soho Voice Room”, “Blue Door” and “BlueDoor Studios”."""
    first, second = _words(one), _words(other)
    whole, compared = "".join(first), "".join(second)
    if not whole or not compared:
        return normal(one) == normal(other)
    if _is_nearly(whole, compared):
        return True
    fewer, more = sorted((_telling(first), _telling(second)), key=len)
    found = [each for each in fewer if any(_is_nearly(each, word) for word in more)]
    return len(found) == len(fewer) > 1


def _telling(words: list[str]) -> list[str]:
    return [each for each in words if each not in SAYS_LITTLE]


def _is_nearly(word: str, other: str) -> bool:
    return word == other or cost(word, other) is not None


def _words(name: str) -> list[str]:
    """The words that tell it from other studios, in the singular."""
    known = language()
    every = [singular(each) for each in normal(name[:LONGEST_NAME]).split()]
    left_out = known.generic | known.empty
    return [each for each in every if each not in left_out] or every
