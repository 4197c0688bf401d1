"""The scan: the cleaned copy is read once more, and nothing of the source may be in it.

A hit names table and column and never the value.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.engines.base import DatabaseEngine
from portal.databases.sync.columns import KEEP, Rule, Rules, present_columns
from portal.databases.sync.fakes import NO_PASSWORD, NOBODYS_COUNTRY, NOBODYS_DOMAIN, NOT_MADE_UP
from portal.databases.sync.known import EMAIL, PHONE, Known, digits_of, plain, text_of, words_of
from portal.databases.sync.rows import batches, shape_of
from portal.jobs.progress import Progress

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HasWord = Callable[[str], bool]
LONGEST_PHRASE = 5
"""Words, of what is looked for inside a longer text."""


def scan(
    engine: DatabaseEngine,
    connection: Connection,
    rules: Rules,
    known: Known,
    progress: Progress,
    *,
    is_migrated: bool = False,
) -> int:
    """How many values were looked at. Raises Refused at the first that must not be there.

    What the rules don't know, such as a column that a newer revision of development made, is
    looked at like one that is kept. `is_migrated`: revisions ran on it, which may write words of
    the language into what was made up; whole values of production's are looked for all the same.
    """
    looked = 0
    for table, columns in present_columns(engine, connection).items():
        shape, lines = shape_of(connection, table), rules.get(table, {})
        found = {each: lines.get(each, KEEP) for each in columns}
        look = _Look(table, found, known, _nothing if is_migrated else known.has_word)
        for rows in batches(connection, shape, columns):
            progress.check_alive()
            look.at([row[len(shape.keys) :] for row in rows])
            looked += len(rows) * len(columns)
            progress.advance(looked, 0, table)
    return looked


@dataclass(frozen=True)
class _Look:
    table: str
    rules: dict[str, Rule]
    known: Known
    has_word: HasWord

    def at(self, rows: Sequence[Sequence[Any]]) -> None:
        """Raises Refused for the first value that must not be there; phrases are asked at once."""
        asked: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            for (column, rule), value in zip(self.rules.items(), row, strict=True):
                text = _as_text(value)
                if text is None or text == NO_PASSWORD:
                    continue
                if what := self._wrong(rule, text):
                    raise self._hit(column, what)
                if not rule.words:
                    for phrase in _phrases(text, is_kept=rule.is_kept):
                        asked[phrase].add(column)
        if found := self.known.phrases_among(asked):
            column = min(column for phrase in found for column in asked[phrase])
            raise self._hit(column, "something that production says of somebody")

    def _wrong(self, rule: Rule, text: str) -> str | None:
        """What a value holds by itself, in words; None for nothing."""
        if rule.words:
            wrong = "a word that its line in columns.toml does not allow"
            return None if text in rule.words else wrong
        return _pattern_in(text) if rule.is_kept else _word_left_in(text, self.has_word)

    def _hit(self, column: str, what: str) -> Refused:
        return Refused(
            f"{self.table}.{column} of the cleaned copy holds {what}; development is as it was.",
            way_out="Say in migrations/directory/columns.toml that it is faked or blank."
            if self.rules[column].is_kept
            else "Look for a trigger that writes it, or a revision that fills it.",
        )


def _nothing(_word: str) -> bool:
    return False


def _as_text(value: object) -> str | None:
    """None for what says nothing by itself: numbers, flags, moments and ids."""
    text = text_of(value)
    return None if text is None or MOMENT.fullmatch(text) or UUID.fullmatch(text) else text


def _pattern_in(text: str) -> str | None:
    """A fake's own address and number are nobody's, wherever a revision copied them."""
    if any(not each.endswith(NOBODYS_DOMAIN) for each in EMAIL.findall(text)):
        return "an email address"
    if any(not each.startswith(NOBODYS_COUNTRY) for each in PHONE.findall(text)):
        return "a telephone number"
    return None


def _word_left_in(text: str, has_word: HasWord) -> str | None:
    """A fake holds no word of production's, in whatever part of it."""
    for word in words_of(text):
        if word.isalpha() and word not in NOT_MADE_UP and has_word(word):
            return "a word that production says of somebody"
    return None


def _phrases(text: str, *, is_kept: bool) -> Iterator[str]:
    """All of a value; of one that was kept also what stands inside it.

    A single plain word inside a longer text is no hit: it is in the language.
    """
    yield plain(text)
    if not is_kept:
        return
    yield digits_of(text)
    words = plain(text).split()
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST_PHRASE, len(words)) + 1):
            phrase = " ".join(words[start:end]).strip(".,;:!?()\"'")
            if end - start > 1 or not phrase.isalpha():
                yield phrase
