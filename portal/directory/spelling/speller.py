"""Which words are corrected, and how.

Never corrected: words of the directory, words with a digit or fewer than four letters, words of
`synonyms.toml`, and a prefix of a known word at the end of a search.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from portal.directory.places.lookup import is_place, other_names
from portal.directory.spelling.keys import LONGEST, SHORTEST
from portal.directory.spelling.ranking import cost, is_near_by_chance
from portal.directory.spelling.vocabulary import Known, Vocabulary
from portal.directory.words.language import language
from portal.directory.words.letters import plain
from portal.directory.words.pieces import WORD, pieces_of
from portal.directory.words.plurals import singular
from portal.directory.words.synonyms import synonyms

MOST_OFFERED = 3
# With more corrections the search would be unrecognisable.
MOST_CORRECTED = 4
# The minimum length of each half of a word that lacks a space.
SHORTEST_HALF = 3
COST_OF_A_SPACE = 1.0
COST_OF_A_PLURAL = 0.3
# What costs more than the nearest word by this much is not offered beside it.
LESS_NEAR = 0.9
# NYC: shorter than words that are compared letter by letter.
SHORTEST_NAME = 3
ENDINGS = ("ings", "ing", "ers", "er")
AGENTS = ("ers", "er", "ors", "or")


@dataclass(frozen=True)
class Change:
    """`typed` was replaced by the first of `offered`; the others are alternatives."""

    typed: str
    offered: tuple[str, ...]


@dataclass(frozen=True)
class Corrected:
    """The whole search with its errors corrected; the page lists `changes` and offers `typed`."""

    typed: str
    text: str
    changes: tuple[Change, ...]

    @property
    def words(self) -> list[str]:
        """The replacements, in plain letters."""
        return [word for each in self.changes for word in plain(each.offered[0]).split()]

    @property
    def also(self) -> dict[str, tuple[str, ...]]:
        """The alternatives by replacement; single words only."""
        return {
            each.offered[0]: each.offered[1:]
            for each in self.changes
            if all(word.isalpha() for word in each.offered)
        }

    @property
    def shown(self) -> str:
        """“midnight outhouse or boathouse voice”, if other words decide between them."""

        def every(found: re.Match[str]) -> str:
            return " or ".join((found[0], *self.also.get(found[0], ())))

        words = WORD.findall(self.text)
        return self.text if len(words) == 1 else WORD.sub(every, self.text)


@dataclass(frozen=True)
class Speller:
    vocabulary: Vocabulary

    def corrected(self, search: str, *, only: Collection[str] | None = None) -> Corrected | None:
        """None if there is nothing to correct, or no word is near enough. `only`: the plain words
        that may be wrong, if known."""
        words = [found[0] for found in WORD.finditer(search)]
        doubtful = [
            word for word in _doubtful(search, words) if only is None or plain(word) in only
        ][:MOST_CORRECTED]
        if not doubtful:
            return None
        self._look_up(words, doubtful)
        offered = {
            word: near
            for word in self._unknown(words, doubtful)
            if (near := self._meant(plain(word), is_alone=len(words) == 1))
        }
        if not offered:
            return None
        changes = tuple(Change(word, near) for word, near in offered.items())
        text = WORD.sub(lambda found: offered.get(found[0], (found[0],))[0], search)
        return Corrected(search, text, changes)

    def _look_up(self, words: list[str], doubtful: list[str]) -> None:
        """Fetch everything that this search needs from the vocabulary in one statement."""
        typed = {plain(word) for word in doubtful}
        halves = {half for each in typed for pair in _pairs(each) for half in pair}
        others = {
            part
            for each in typed
            for name in (*other_names(each), *_forms(each))
            for part in _parts_of(name)
        }
        together = {a + b for a, b in pairwise(map(plain, words))}
        last = {plain(words[-1])} & typed
        self.vocabulary.look_up(typed | halves | together | others, last, typed)

    def _meant(self, typed: str, *, is_alone: bool) -> tuple[str, ...]:
        """A city's usual name, else other forms of the word and similar words. Another place's name
        is spelled correctly."""
        if cities := self._known_of(other_names(typed)):
            return cities[:1]
        if is_place(typed):
            return ()
        forms, near = self._known_of(_forms(typed))[:1], self.offered(typed)
        if is_alone:
            return forms or tuple(word for word in near if not is_near_by_chance(typed, word))
        return tuple(dict.fromkeys((*forms, *near)))[:MOST_OFFERED]

    def _known_of(self, names: list[str]) -> tuple[str, ...]:
        parts_of = {name: _parts_of(name) for name in names}
        known = self.vocabulary.known({part for parts in parts_of.values() for part in parts})
        return tuple(name for name, parts in parts_of.items() if known.keys() >= parts)

    def offered(self, typed: str) -> tuple[str, ...]:
        """The words most likely meant, likeliest first."""
        if not SHORTEST <= len(typed) <= LONGEST:
            return ()
        priced = [*self._near(typed), *self._halves(typed)]
        nearest = min((price for price, _ in priced), default=0.0)
        priced = [each for each in priced if each[0] <= nearest + LESS_NEAR]
        priced.sort(key=lambda each: (each[0], -each[1].studios, each[1].word))
        return tuple(dict.fromkeys(known.word for _, known in priced))[:MOST_OFFERED]

    def _near(self, typed: str) -> Iterator[tuple[float, Known]]:
        for known in self.vocabulary.candidates(typed):
            in_singular = cost(singular(typed), singular(known.word))
            costs = (
                cost(typed, known.word),
                None if in_singular is None else in_singular + COST_OF_A_PLURAL,
            )
            possible = [each for each in costs if each is not None]
            if possible:
                yield min(possible), known

    def _halves(self, typed: str) -> Iterator[tuple[float, Known]]:
        """Two known words without the space between them."""
        pairs = _pairs(typed)
        known = self.vocabulary.known({half for pair in pairs for half in pair})
        for first, second in pairs:
            if first in known and second in known:
                studios = min(known[first], known[second])
                yield COST_OF_A_SPACE, Known(f"{first} {second}", studios)

    def _unknown(self, words: list[str], doubtful: list[str]) -> list[str]:
        """Words that are not in the vocabulary, not even joined with their neighbour."""
        pairs = list(pairwise(map(plain, words)))
        known = self.vocabulary.known({*map(plain, doubtful), *(a + b for a, b in pairs)})
        in_pairs = {word for a, b in pairs if a + b in known for word in (a, b)}
        return [
            word
            for word in dict.fromkeys(doubtful)
            if not (plain(word) in known or plain(word) in in_pairs)
            and not (word == words[-1] and self.vocabulary.has_beginning(plain(word)))
        ]


def _doubtful(search: str, words: list[str]) -> list[str]:
    """Words of the search, as typed, that may be corrected."""
    spelled = _words_of_phrases(search)
    return [word for word in words if may_be_wrong(plain(word)) and plain(word) not in spelled]


def _parts_of(name: str) -> set[str]:
    """The vocabulary words of a name: two adjacent words are stored as one."""
    words = name.split()
    return {a + b for a, b in pairwise(words)} if len(words) > 1 else set(words)


def _forms(typed: str) -> list[str]:
    """Forms of activities and agents: podcasting, podcaster and podcast; editor and editing."""
    stems = [typed.removesuffix(end) for end in ENDINGS if typed.endswith(end)]
    forms = [form for stem in stems for form in (stem, f"{stem}e", stem[:-1])]
    forms += [f"{typed.removesuffix(end)}ing" for end in AGENTS if typed.endswith(end)]
    return [each for each in forms if len(each) >= SHORTEST]


def _pairs(typed: str) -> list[tuple[str, str]]:
    return [
        (typed[:at], typed[at:])
        for at in range(SHORTEST_HALF, len(typed) - SHORTEST_HALF + 1)
        if not {typed[:at], typed[at:]} & language().empty
    ]


def may_be_wrong(word: str) -> bool:
    told = language()
    is_word = word in told.empty or {word, singular(word)} & told.correct
    return len(word) >= SHORTEST_NAME and word.isalpha() and not is_word


def _words_of_phrases(search: str) -> set[str]:
    """Words of phrases in the synonyms file, which are spelled correctly."""
    pieces, found = pieces_of(search), set[str]()
    for start in range(len(pieces)):
        for meaning, length in synonyms().all_at(pieces, start):
            found |= {piece.text for piece in pieces[start : start + length]} | {meaning.term}
    return found
