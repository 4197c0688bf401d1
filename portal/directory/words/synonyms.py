"""Phrases with the same meaning, each group under one term."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from portal.directory.words.language import Language, language
from portal.directory.words.pieces import Piece, joined, pieces_of
from portal.directory.words.plurals import singular

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Meaning:
    """`term` is the group's term, under which each of its phrases is indexed and searched; `also`
    are terms that a search for it matches too; `shown` is the usual spelling."""

    term: str
    shown: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Synonyms:
    meanings: dict[Phrase, Meaning]
    longest: dict[str, int]
    """The number of words in the longest phrase, by the phrase's first word."""

    def at(self, pieces: Sequence[Piece], start: int) -> tuple[Meaning, int] | None:
        """The longest phrase that begins there, and its number of pieces."""
        return next(self.all_at(pieces, start), None)

    def in_one(self, pieces: Sequence[Piece]) -> Meaning | None:
        """Of an abbreviation that is written with dots: U.K."""
        return self.meanings.get((joined(pieces),)) if len(pieces) > 1 else None

    def all_at(self, pieces: Sequence[Piece], start: int) -> Iterator[tuple[Meaning, int]]:
        """Each phrase that begins there, longest first."""
        longest = self.longest.get(singular(pieces[start].text), 0)
        for length in range(min(longest, len(pieces) - start), 0, -1):
            phrase = tuple(singular(piece.text) for piece in pieces[start : start + length])
            if phrase in self.meanings:
                yield self.meanings[phrase], length


@cache
def synonyms() -> Synonyms:
    return synonyms_of(language())


def synonyms_of(given: Language) -> Synonyms:
    """Raises ValueError if a phrase is in two groups."""
    meanings: dict[Phrase, Meaning] = {}
    for group in given.same:
        meaning = Meaning(term=_term(group[0]), shown=group[0])
        for phrase in {form for text in group for form in _forms(text)}:
            if phrase in meanings:
                raise ValueError(f"synonyms.toml: “{' '.join(phrase)}” is in two groups.")
            meanings[phrase] = meaning
    for text, found in given.finds:
        _add_one_way(meanings, text, found)
    longest: dict[str, int] = {}
    for phrase in meanings:
        longest[phrase[0]] = max(len(phrase), longest.get(phrase[0], 0))
    return Synonyms(meanings, longest)


def _add_one_way(meanings: dict[Phrase, Meaning], text: str, found: Sequence[str]) -> None:
    also = tuple(_meaning(meanings, each).term for each in found)
    known = _meaning(meanings, text)
    widened = Meaning(known.term, known.shown, (*known.also, *also))
    own = {phrase for phrase, meaning in meanings.items() if meaning.term == known.term}
    for phrase in own | _forms(text):
        meanings[phrase] = widened


def _meaning(meanings: dict[Phrase, Meaning], text: str) -> Meaning:
    """A phrase in no group forms one of its own."""
    return meanings.get(_phrase(text)) or Meaning(_term(text), text)


def _phrase(text: str) -> Phrase:
    return tuple(singular(piece.text) for piece in pieces_of(text))


def _forms(text: str) -> set[Phrase]:
    """The phrase as written, and with adjacent words joined."""
    phrase = _phrase(text)
    if not "".join(phrase).isalpha():
        return {phrase}
    return {tuple(map(singular, form)) for form in _joinings(phrase)}


def _joinings(phrase: Phrase) -> Iterator[Phrase]:
    if len(phrase) < 2:
        yield phrase
        return
    for rest in _joinings(phrase[1:]):
        yield (phrase[0], *rest)
        yield (phrase[0] + rest[0], *rest[1:])


def _term(text: str) -> str:
    return singular(joined(pieces_of(text)))
