"""The terms under which a text is found."""

from collections.abc import Iterator, Sequence

from portal.directory.words.language import language
from portal.directory.words.letters import in_two
from portal.directory.words.pieces import Gap, Piece, joined, runs_of
from portal.directory.words.plurals import singular
from portal.directory.words.synonyms import synonyms

# A term is one word of letters and digits, for any engine's simplest tokenizer.
LONGEST_TERM = 60
# Pieces of one compound that are joined: C|414|XLII, stoke|on|trent.
LONGEST_CHAIN = 4
# A model's letters before or after its number: TLM 103, MKH 416; not “since 2004”.
MODEL_LETTERS = 5


def index_terms(text: str, *, prose: bool = False) -> list[str]:
    """Each term once, in the order of the text.

    Of names and lists, two words side by side are indexed as one as well (“sound booth” is found
    by “soundbooth”). Of `prose` only compounds and models are: it would double the index.
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
    """The words of a text that typing errors are compared with: plain, as written, no numbers.

    Compounds and synonyms are there in one word, too: “sourceconnect”.
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
    """As written, for words that are only begun, and in its singular."""
    yield word
    yield singular(word)


def _belong(first: Piece, second: Piece) -> bool:
    """One compound, or a model's letters and its number, whatever stands between them."""
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
