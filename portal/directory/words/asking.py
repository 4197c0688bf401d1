"""A search as terms, independent of the engine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.directory.words.indexing import MODEL_LETTERS
from portal.directory.words.language import language
from portal.directory.words.letters import in_two
from portal.directory.words.pieces import Gap, Piece, joined, pieces_of, sentences
from portal.directory.words.plurals import singular
from portal.directory.words.synonyms import synonyms

MOST_PARTS = 8
SHORTEST_PREFIX = 2
# How many words before and after it a word may be joined with.
NEIGHBOURS = ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2))


@dataclass(frozen=True)
class Term:
    """A term of `index_terms`; with `is_prefix` every term with this prefix."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True)
class Part:
    """One condition: any of `terms` matches.

    `typed` is the text in the search, folded. A part that is not `is_required` ranks matching
    studios higher and excludes none: “studio” distinguishes nothing among studios. `is_known` is a
    word of `synonyms.toml`: it is spelled correctly, and never corrected.
    """

    typed: str
    terms: tuple[Term, ...]
    is_required: bool = True
    is_known: bool = False


@dataclass(frozen=True)
class Query:
    """All required parts must match: an AND of ORs."""

    parts: tuple[Part, ...]

    @property
    def required(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.is_required)


def query_terms(text: str) -> Query:
    """Stop words are left out, unless there are no others. The last word may be a prefix if it ends
    in a letter and is no synonym."""
    parts = _parts(text)
    if spelled := in_two(text):
        parts = _with_other_letters(parts, _parts(spelled))
    known = language()
    telling = [part for part in parts if part.typed not in known.empty | known.asking] or parts
    return Query(tuple(_required(telling[:MOST_PARTS])))


def _parts(text: str) -> list[Part]:
    runs = list(sentences(pieces_of(text)))
    return [
        part
        for number, run in enumerate(runs, start=1)
        for part in _parts_of(run, is_last=number == len(runs))
    ]


def _parts_of(run: Sequence[Piece], *, is_last: bool) -> Iterator[Part]:
    at = 0
    while at < len(run):
        meant = synonyms().at(run, at)
        length = meant[1] if meant else _model_length(run, at)
        here = run[at : at + length]
        meaning = meant[0] if meant else synonyms().in_one(here)
        if meaning:
            terms = (meaning.term, *meaning.also)
            yield Part(joined(here), tuple(map(Term, terms)), is_known=True)
        else:
            may_be_begun = is_last and at + length == len(run)
            yield Part(joined(here), tuple(_terms(run, at, length, may_be_begun=may_be_begun)))
        at += length


def _model_length(run: Sequence[Piece], at: int) -> int:
    """The number of pieces that are only matched joined: U87, U 87, u-87; a single letter matches
    nothing useful."""
    end = at + 1
    while end < len(run) and _sticks(run[end - 1], run[end]):
        end += 1
    return end - at


def _sticks(first: Piece, second: Piece) -> bool:
    letters = [len(piece.text) for piece in (first, second) if not piece.is_number]
    if second.gap is Gap.NONE:  # “studio14” is two words
        return max(letters, default=0) <= MODEL_LETTERS
    is_abbreviation = second.gap is Gap.JOINER and letters == [1, 1]  # A.D.R.
    return is_abbreviation or letters == [1]


def _terms(run: Sequence[Piece], at: int, length: int, *, may_be_begun: bool) -> Iterator[Term]:
    """The word itself, and the word joined with one neighbour or two: “larch box room”."""
    word, end = joined(run[at : at + length]), at + length
    yield Term(singular(word))
    if may_be_begun and len(word) >= SHORTEST_PREFIX and not run[end - 1].is_number:
        yield Term(word, is_prefix=True)
    for before, after in NEIGHBOURS:
        if at >= before and end + after <= len(run):
            yield Term(singular(joined(run[at - before : end + after])))


def _with_other_letters(parts: list[Part], others: list[Part]) -> list[Part]:
    """“Müller” matches “muller” or “mueller”."""
    if len(parts) != len(others):
        return parts
    return [
        Part(
            part.typed,
            tuple(dict.fromkeys((*part.terms, *other.terms))),
            part.is_required,
            part.is_known,
        )
        for part, other in zip(parts, others, strict=True)
    ]


def _required(parts: Sequence[Part]) -> Iterator[Part]:
    """A word that every studio has excludes nothing, unless it is the only one."""
    generic = language().generic
    are_all = all(part.typed in generic for part in parts)
    for part in parts:
        is_required = are_all or part.typed not in generic
        yield Part(part.typed, part.terms, is_required, part.is_known)
