"""The words and the sets of a small directory's index, read whole once they are asked for often.

Most searches name a word, or two words joined, that nobody has named before, and a circle that
nobody has drawn; a small directory's words and sets are a few thousand rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pyroaring import BitMap
from sqlalchemy import Connection, select

from portal.directory.index.asking import Known
from portal.directory.index.documents import whole_name_tokens
from portal.directory.index.tables import (
    derived_search,
    derived_search_sets,
    derived_search_words,
)
from portal.directory.kept.memory import Told
from portal.directory.words import Term

MOST_STUDIOS = 2000
"""Of a directory that is small: some ten thousand rows, some ten milliseconds."""
AFTER = 8
"""Questions of one version, after which another one is likely."""
LAST = "\U0010ffff"
_words, _sets = derived_search_words.c, derived_search_sets.c
_WORDS = select(_words.word, _words.singular, _words.studios)
_SETS = select(_sets.token, _sets.ids)
_NAMES = select(derived_search.c.studio_id, derived_search.c.named)
_tokens_of_name = lru_cache(2 * MOST_STUDIOS)(whole_name_tokens)
"""Names stay when the version of the content goes."""


@dataclass(frozen=True)
class Whole:
    """`words`: the number of studios of each; `singulars`: the greatest of a noun's numbers; `sets`
    also of whole names, which full text lists elsewhere."""

    words: dict[str, int]
    singulars: dict[str, int]
    sets: dict[str, BitMap]

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.words)

    @cached_property
    def _tokens(self) -> list[str]:
        return sorted(self.sets)

    def of_term(self, start: str, *, is_prefix: bool) -> dict[str, int]:
        if not is_prefix:
            return {start: self.words[start]} if start in self.words else {}
        return {word: self.words[word] for word in self._beginning(start)}

    def has_beginning(self, start: str) -> bool:
        return next(self._beginning(start), None) is not None

    def _beginning(self, start: str) -> Iterator[str]:
        low, high = (bisect_left(self._sorted, each) for each in (start, start + LAST))
        return iter(self._sorted[low:high])

    def set_of(self, token: str) -> BitMap:
        return self.sets.get(token) or BitMap()

    def between(self, low: str, high: str) -> dict[str, BitMap]:
        some = self._tokens[bisect_left(self._tokens, low) : bisect_right(self._tokens, high)]
        return {token: self.sets[token] for token in some}


def whole_index(connection: Connection, remembered: Told, known: Known | None) -> Whole | None:
    """None where it is not small, or not asked for often yet. `known` says how many studios there
    are."""
    if remembered.whole is None and known and known.studios <= MOST_STUDIOS:
        remembered.asked += 1
        if remembered.asked > AFTER:
            remembered.whole = _read(connection)
    found: Whole | None = remembered.whole
    return found


def _read(connection: Connection) -> Whole:
    words, singulars, sets = dict[str, int](), dict[str, int](), dict[str, list[BitMap]]()
    for word, singular, studios in connection.execute(_WORDS):
        words[word] = studios
        singulars[singular] = max(studios, singulars.get(singular, 0))
    for token, ids in connection.execute(_SETS):
        sets.setdefault(token, []).append(BitMap.deserialize(ids))
    for number, name in connection.execute(_NAMES):
        for token in _tokens_of_name(name):
            sets.setdefault(token, []).append(BitMap([number]))
    return Whole(words, singulars, {token: BitMap.union(*some) for token, some in sets.items()})


def of_term(whole: Whole, term: Term, text: str) -> tuple[int, dict[str, int]]:
    """The number of studios of its most frequent word, and its words."""
    words = whole.of_term(text, is_prefix=term.is_prefix)
    return max(words.values(), default=0), words
