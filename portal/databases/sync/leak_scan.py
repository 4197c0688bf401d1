"""The scan: the anonymised copy is read again, and must contain nothing personal from the source.

A hit names table and column and never the value.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from portal.core.errors import Refused
from portal.databases.sync.anonymise import require_kept
from portal.databases.sync.batches import OpenDatabase
from portal.databases.sync.columns.rules import (
    UNLISTED,
    Rule,
    Rules,
    is_left_behind,
    present_columns,
)
from portal.databases.sync.fakes import NO_PASSWORD, NOBODYS_COUNTRY, NOBODYS_DOMAIN, NOT_MADE_UP
from portal.databases.sync.source_values import (
    APART,
    EMAIL,
    PHONE,
    WORD,
    SourceValues,
    digits_of,
    plain,
    text_of,
)
from portal.jobs.operations.progress import Progress

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST_PHRASE = 5
"""Words, of a phrase that is looked for inside a longer text."""

REMEMBERED = 20_000


def scan(
    copy: OpenDatabase,
    rules: Rules,
    known: SourceValues,
    *,
    progress: Progress,
    is_migrated: bool = False,
) -> int:
    """How many values were scanned. Raises Refused at the first that must not be there.

    Columns without a rule, such as those that a newer revision of development created, are scanned
    for any personal value. `is_migrated`: revisions ran on the copy, which may write ordinary words
    into fakes; whole values of production are looked for all the same. A table that is left behind
    must be empty.
    """
    looked, look = 0, LeakScan(known, words=not is_migrated)
    for table, columns in present_columns(copy.engine, copy.connection).items():
        lines = {each: rules.get(table, {}).get(each, UNLISTED) for each in columns}
        for rows in copy.rows(table, columns):
            progress.check_alive()
            if is_left_behind(rules, table):
                raise _not_empty(table)
            look.at(table, lines, zip(*rows, strict=True))
            looked += len(rows) * len(columns)
            progress.advance(looked, 0, table)
    return looked


class LeakScan:
    """`words`: whether a made-up text may contain no word of production's."""

    def __init__(self, known: SourceValues, *, words: bool) -> None:
        self._known, self._checks_words = known, words
        self._harmless = set(NOT_MADE_UP)

    def at(self, table: str, rules: dict[str, Rule], columns: Iterable[Sequence[Any]]) -> None:
        """Raises Refused for the first forbidden value; all phrases are looked up together."""
        columns_of: dict[str, str] = {}
        for (column, rule), values in zip(rules.items(), columns, strict=True):
            if rule.keeps:
                require_kept(table, column, rule, values, where="the anonymised copy")
                continue
            texts = _texts(values, is_kept=rule.is_kept)
            if (
                what := self._leak_in_unlisted(texts)
                if rule.is_kept
                else self._leak_in_fakes(texts)
            ):
                raise _hit(table, column, rule, what)
            phrases = _phrases_in(texts) if rule.is_kept else map(plain, texts)
            columns_of.update(dict.fromkeys(phrases, column))
        for phrase in self._known.phrases_among(columns_of):
            column = columns_of[phrase]
            raise _hit(table, column, rules[column], "something that production says of somebody")

    def _leak_in_fakes(self, texts: list[str]) -> str | None:
        """What the values reveal, in words; None for nothing."""
        if not self._checks_words:
            return None
        new = set(WORD.findall(APART.join(texts).casefold())) - self._harmless
        return (
            "a word that production says of somebody" if any(map(self._is_of_source, new)) else None
        )

    def _leak_in_unlisted(self, texts: list[str]) -> str | None:
        """A fake's own address and number identify no one, wherever a revision copied them."""
        joined = APART.join(texts)
        if any(not each.endswith(NOBODYS_DOMAIN) for each in EMAIL.findall(joined)):
            return "an email address"
        if any(not each.startswith(NOBODYS_COUNTRY) for each in PHONE.findall(joined)):
            return "a telephone number"
        return None

    def _is_of_source(self, word: str) -> bool:
        """A fake contains no word of production's in any part."""
        if word.isalpha() and self._known.has_word(word):
            return True
        if len(self._harmless) > REMEMBERED:
            self._harmless = set(NOT_MADE_UP)
        self._harmless.add(word)
        return False


def _texts(values: Sequence[Any], *, is_kept: bool) -> list[str]:
    """Each once, without values that reveal nothing, such as numbers; for one that is not a fake
    also without times and ids.
    """
    texts = {text for value in set(values) if (text := text_of(value))} - {NO_PASSWORD}
    if is_kept:
        return [each for each in texts if not (MOMENT.fullmatch(each) or UUID.fullmatch(each))]
    return list(texts)


def _hit(table: str, column: str, rule: Rule, what: str) -> Refused:
    return Refused(
        f"{table}.{column} of the anonymised copy holds {what}; development is as it was.",
        remedy="Say in migrations/directory/columns.toml that it is faked or blank."
        if rule.is_kept
        else "Look for a revision that fills it.",
    )


def _not_empty(table: str) -> Refused:
    return Refused(
        f"{table} of the anonymised copy holds rows, and is left behind; development is as it was.",
        remedy="Look for a revision that fills it.",
    )


def _phrases_in(texts: list[str]) -> Iterator[str]:
    """Values that are not fakes, and the phrases inside them.

    A single plain word inside a longer text is no hit: it is an ordinary word.
    """
    for text in texts:
        yield plain(text)
        yield digits_of(text)
        words = plain(text).split()
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST_PHRASE, len(words)) + 1):
                phrase = " ".join(words[start:end]).strip(".,;:!?()\"'")
                if end - start > 1 or not phrase.isalpha():
                    yield phrase
