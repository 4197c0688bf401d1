"""What the search's index answers: from memory, where the process has read it at this version.

Sets, words and squares are those of a version of the sets, and stay while studios change otherwise;
what the studios' places and names decide is that of a version of the content.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from pyroaring import BitMap
from sqlalchemy import Connection

from portal.directory.geography import Point
from portal.directory.index.documents import COUNTRY
from portal.directory.index.expression import Expression
from portal.directory.index.rings import Squares
from portal.directory.index.sets import fetching
from portal.directory.index.sets.fetching import MOST_BEGUN, Fetched, Wanted
from portal.directory.index.sets.keeping import Kept, kept_at
from portal.directory.index.sets.tokens import is_kept_token
from portal.directory.kept.memory import Recent, Remembered, remembered

COUNTRIES = f"{COUNTRY}="
WORD = 100
"""Bytes of a word or a token in memory, with a margin."""
NONE: Mapping[str, Expression] = MappingProxyType({})
Row = tuple[Any, ...]
Made = TypeVar("Made")


def fetch(
    connection: Connection, wanted: Wanted, besides: Mapping[str, Expression] = NONE
) -> Fetched:
    """As `fetching.fetch`; asks only for what is not remembered. Sets must not be changed.

    `besides`: lists to ask for as well, if anything is asked for.
    """
    if (known := remembered()) is None:
        return fetching.fetch(connection, wanted)
    answer = _Answer(known, kept_at(known.sets_version, known.half))
    if answer.take(wanted) is None:
        return answer.found
    wanted = replace(wanted, lists={**wanted.lists, **besides})
    if (left := answer.take(wanted)) is None:
        return answer.found
    more = answer.beginnings(left.words, wanted.words)
    left = replace(left, starts={*left.starts, *more})
    fresh = fetching.fetch(connection, replace(left, is_dated=True))
    if fresh.version != known.sets_version:
        if answer.is_begun:
            left, more = wanted, set()
            fresh = fetching.fetch(connection, replace(wanted, is_dated=True))
        known.sets_version = fresh.version
        answer = _Answer(known, kept_at(fresh.version, known.half))
    answer.add(left, fresh, but=more)
    return answer.found


@dataclass
class _Answer:
    """What is remembered of an answer, and then what was fetched besides."""

    known: Remembered
    kept: Kept
    found: Fetched = field(default_factory=lambda: Fetched({}, {}, BitMap()))

    @property
    def is_begun(self) -> bool:
        found = self.found
        return bool(found.sets or found.words or found.within)

    def take(self, wanted: Wanted) -> Wanted | None:
        """What is left to ask for; None for nothing."""
        left = Wanted(
            tokens=[each for each in wanted.tokens if not self._has_set(each)],
            ranges=() if self._has_squares(wanted.ranges) else wanted.ranges,
            lists={name: e for name, e in wanted.lists.items() if not self._has_list(name, e)},
            words=self._missing_words(wanted.words),
            starts=[each for each in wanted.starts if not self._has_words(("start", each))],
            measured=None if self._has_measured(wanted) else wanted.measured,
            circle=wanted.circle,
        )
        asked = (left.tokens, left.ranges, left.lists, left.words, left.starts, left.measured)
        return left if any(asked) else None

    def beginnings(self, missing: Collection[str], asked: Collection[str]) -> set[str]:
        """Words that others of them begin with, as two words joined do, which are new in almost
        each search: from all words with such a beginning one knows which others there are not."""
        return {
            start
            for start in asked
            if len(start) > 1 and self.kept.asked.get(("start", start)) is None
            if self.kept.asked.get(("many", start)) is None
            if any(each != start and each.startswith(start) for each in missing)
        }

    def add(self, asked: Wanted, fresh: Fetched, but: Collection[str]) -> None:
        """Remembers it, too. `but`: beginnings that are remembered alone."""
        found, starts = self.found, tuple({*asked.starts} - {*but})
        wanted, given = {*asked.words}, (COUNTRIES, *starts)
        found.sets.update(fresh.sets)
        found.words.update(
            (word, n) for word, n in fresh.words.items() if word in wanted or word.startswith(given)
        )
        self.found = replace(found, within=found.within | fresh.within, version=fresh.version)
        if fresh.version:
            for key, value, size in (*_sets(asked, fresh), *_words(asked, fresh)):
                self.kept.asked.put(key, value, size)
            for name, expression in asked.lists.items():
                ids = fresh.sets[name]
                self.kept.asked.put(self._of_content("list", name, expression), ids, _size(ids))
            if asked.measured:
                self._note_measured(asked, fresh.within)

    def _has_set(self, token: str) -> bool:
        some = self.kept.sets.get(token)
        if some is None:
            some = self.kept.asked.get(("set", token))
        if some is not None:
            self.found.sets[token] = some
        return some is not None

    def _has_squares(self, ranges: Iterable[tuple[str, str]]) -> bool:
        some = self.kept.asked.get(("squares", _named(ranges))) if ranges else {}
        self.found.sets.update(some or {})
        return some is not None

    def _has_list(self, name: str, expression: Hashable) -> bool:
        some = self.kept.asked.get(self._of_content("list", name, expression))
        if some is not None:
            self.found.sets[name] = some
        return some is not None

    def _missing_words(self, words: Collection[str]) -> Collection[str]:
        if not words:
            return ()
        if not self._has_words(("countries",)):
            return words
        return [each for each in words if not self._has_word(each)]

    def _has_word(self, word: str) -> bool:
        """By itself, or as one of all that begin alike."""
        if self._has_words(("word", word)):
            return True
        for end in range(2, len(word)):
            begun = self.kept.asked.get(("start", word[:end]))
            if begun is not None:
                self.found.words.update({word: begun[word]} if word in begun else {})
                return True
        return False

    def _has_words(self, key: Hashable) -> bool:
        some = self.kept.asked.get(key)
        self.found.words.update(some or {})
        return some is not None

    def _has_measured(self, wanted: Wanted) -> bool:
        if not wanted.measured:
            return True
        measured, within = self._measured(wanted)
        if not wanted.measured <= measured:
            return False
        self.found = replace(self.found, within=within & wanted.measured)
        return True

    def _measured(self, wanted: Wanted) -> tuple[BitMap, BitMap]:
        """Who was measured for this circle, and who of them is in it."""
        key = self._of_content("circle", *wanted.circle.values())
        return self.kept.asked.get(key) or (BitMap(), BitMap())

    def _note_measured(self, asked: Wanted, fresh: BitMap) -> None:
        measured, within = self._measured(asked)
        both = measured | (asked.measured or BitMap()), within | fresh
        key = self._of_content("circle", *asked.circle.values())
        self.kept.asked.put(key, both, sum(map(_size, both)))

    def _of_content(self, *key: Hashable) -> Hashable:
        return (self.known.version.key, *key)


Entries = Iterator[tuple[Hashable, Any, int]]


def _sets(asked: Wanted, fresh: Fetched) -> Entries:
    for token in asked.tokens:
        if not is_kept_token(token):
            yield ("set", token), fresh.sets[token], _size(fresh.sets[token])
    if asked.ranges:
        others = {*asked.tokens, *asked.lists}
        squares = {token: ids for token, ids in fresh.sets.items() if token not in others}
        size = sum(_size(ids) + 2 * WORD for ids in squares.values())
        yield ("squares", _named(asked.ranges)), squares, size


def _words(asked: Wanted, fresh: Fetched) -> Entries:
    """A word that no studio has is remembered as well; a beginning of too many words is not."""
    if asked.words:
        countries = {word: n for word, n in fresh.words.items() if word.startswith(COUNTRIES)}
        yield ("countries",), countries, WORD * len(countries)
    for word in asked.words:
        yield ("word", word), {word: fresh.words[word]} if word in fresh.words else {}, WORD
    for start in asked.starts:
        begun = {word: n for word, n in fresh.words.items() if word.startswith(start)}
        if len(begun) < MOST_BEGUN:
            yield ("start", start), begun, WORD * len(begun)
        else:
            yield ("many", start), True, WORD


def _named(ranges: Iterable[tuple[str, str]]) -> Hashable:
    return ranges.name if isinstance(ranges, Squares) else tuple(ranges)


def of_sets(key: Hashable, make: Callable[[], Made], size: Callable[[Made], int]) -> Made:
    """What is made of sets that were just fetched, and of nothing else."""
    if (known := remembered()) is None:
        return make()
    asked = kept_at(known.sets_version, known.half).asked
    found: Made | None = asked.get(key)
    if found is None:
        found = make()
        asked.put(key, found, size(found))
    return found


def _size(ids: BitMap) -> int:
    return len(ids.serialize())


def is_remembering() -> bool:
    return remembered() is not None


def rows(
    ids: Iterable[int], value: str, centre: Point | None, read: Callable[[list[int]], Sequence[Any]]
) -> Sequence[Any]:
    """Of studios by number, in any order: rank, number, value, rating, and the line to the centre.
    `read` asks the database for them."""
    if (known := remembered()) is None:
        return read(list(ids))
    kept: Recent[Hashable, Row] = known.answers
    found = {each: kept.get(("row", each, value, centre)) for each in ids}
    there = [row for row in found.values() if row is not None]
    if missing := [each for each, row in found.items() if row is None]:
        for row in map(tuple, read(missing)):
            kept.put(("row", row[1], value, centre), row)
            there.append(row)
    return there
