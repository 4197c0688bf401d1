"""The terms under which a text is found."""

from collections.abc import Iterator, Sequence

from portal.directory.words.language import language
from portal.directory.words.letters import in_two
from portal.directory.words.pieces import Gap, Piece, joined, runs_of
from portal.directory.words.plurals import singular
from portal.directory.words.synonyms import synonyms

# A term consists of letters and digits, so that every engine's simplest tokenizer keeps it whole.
LONGEST_TERM = 60
# The most pieces of a compound that are joined: C|414|XLII, stoke|on|trent.
LONGEST_CHAIN = 4
# The most letters of a model before or after its number: TLM 103, MKH 416; not “since 2004”.
MODEL_LETTERS = 5


def index_terms(text: str, *, prose: bool = False) -> list[str]:
    """Each term once, in the order of the text.

    In names and lists, two adjacent words are also indexed as one (“sound booth” is found by
    “soundbooth”). In `prose` only compounds and models are: otherwise the index would double in
    size.
    """
    written = [text, *filter(None, (in_two(text),))]
    terms = (
        term
        for form in written
        for sentence in runs_of(form)
        for term in _terms(sentence, prose=prose)
    )
    return [term for term in dict.fromkeys(terms) if len(term) <= LONGEST_TERM]


def vocabulary_words(text: str) -> list[str]:
    """The words of a text for spelling correction: plain, as written, without numbers.

    Compounds and synonyms are also included as one word: “sourceconnect”.
    """
    words: dict[str, None] = {}
    for sentence in runs_of(text):
        words.update(dict.fromkeys(_words(sentence)))
    return [word for word in words if len(word) <= LONGEST_TERM]


def _terms(sentence: Sequence[Piece], *, prose: bool) -> Iterator[str]:
    for start, piece in enumerate(sentence):
        yield from _both(piece.text)
        for end in range(start + 2, min(len(sentence), start + LONGEST_CHAIN) + 1):
            if not _belong(sentence[end - 2], sentence[end - 1]):
                break
            yield from _both(joined(sentence[start:end]))
        if not prose and _may_be_one(sentence[start : start + 2]):
            yield from _both(joined(sentence[start : start + 2]))
        for meaning, _length in synonyms().all_at(sentence, start):
            yield meaning.term


def _words(sentence: Sequence[Piece]) -> Iterator[str]:
    for start, piece in enumerate(sentence):
        after = sentence[start + 1] if start + 1 < len(sentence) else None
        is_part = piece.gap is Gap.NONE or (after is not None and after.gap is Gap.NONE)
        if not piece.is_number and not is_part:
            yield piece.text
        if after and after.gap is Gap.JOINER and not (piece.is_number or after.is_number):
            yield joined((piece, after))
        for meaning, length in synonyms().all_at(sentence, start):
            if length > 1 and meaning.term.isalpha():
                yield meaning.term


def _both(word: str) -> Iterator[str]:
    """The word as written, for prefix searches, and its singular."""
    yield word
    yield singular(word)


def _belong(first: Piece, second: Piece) -> bool:
    """Whether both are one compound, or a model's letters and number, whatever separates them."""
    if second.gap is not Gap.SPACE:
        return True
    if first.is_number == second.is_number:
        return False
    number, letters = (first, second) if first.is_number else (second, first)
    says_something = letters.text not in language().empty or len(number.text) > 2  # AT 4047
    return len(letters.text) <= MODEL_LETTERS and says_something


def _may_be_one(pair: Sequence[Piece]) -> bool:
    return len(pair) == 2 and not any(
        piece.is_number or len(piece.text) == 1 or piece.text in language().empty for piece in pair
    )
