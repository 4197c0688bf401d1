"""The scan: the cleaned copy is read once more, and nothing of the source may be in it.

A hit names table and column and never the value.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row

from portal.core.errors import Refused
from portal.databases.engines.base import DatabaseEngine
from portal.databases.sync.columns import KEEP, Rule, Rules, present_columns
from portal.databases.sync.known import EMAIL, PHONE, Known, digits_of, plain, text_of
from portal.databases.sync.rows import batches, shape_of
from portal.jobs.progress import Progress

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST_PHRASE = 5
"""Words, of what is looked for inside a longer text."""


def scan(
    engine: DatabaseEngine, connection: Connection, rules: Rules, known: Known, progress: Progress
) -> int:
    """How many values were looked at. Raises Refused at the first that must not be there.

    What the rules don't know, such as a column that a newer revision of development made, is
    looked at like one that is kept.
    """
    looked = 0
    for table, columns in present_columns(engine, connection).items():
        shape, lines = shape_of(connection, table), rules.get(table, {})
        checks = [(each, lines.get(each, KEEP)) for each in columns]
        for rows in batches(connection, shape, columns):
            progress.check_alive()
            _look_at(table, checks, rows, len(shape.keys), known)
            looked += len(rows) * len(columns)
            progress.advance(looked, 0, table)
    return looked


def _look_at(
    table: str, checks: list[tuple[str, Rule]], rows: list[Row[Any]], skipped: int, known: Known
) -> None:
    asked: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for (column, rule), value in zip(checks, row[skipped:], strict=True):
            if (text := _as_text(value)) is None:
                continue
            if rule.is_kept and rule.words:
                if text not in rule.words:
                    raise _hit(table, column, "a word that its line in columns.toml does not allow")
                continue
            if rule.is_kept and (pattern := _pattern_in(text)):
                raise _hit(table, column, pattern)
            for phrase in _phrases(text, is_kept=rule.is_kept):
                asked[phrase].add(column)
    if found := known.phrases_among(asked):
        column = min(column for phrase in found for column in asked[phrase])
        raise _hit(table, column, "something that production says of somebody")


def _as_text(value: object) -> str | None:
    """None for what says nothing by itself: numbers, flags, moments and ids."""
    text = text_of(value)
    return None if text is None or MOMENT.fullmatch(text) or UUID.fullmatch(text) else text


def _pattern_in(text: str) -> str | None:
    if EMAIL.search(text):
        return "an email address"
    return "a telephone number" if PHONE.search(text) else None


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


def _hit(table: str, column: str, what: str) -> Refused:
    return Refused(
        f"{table}.{column} of the cleaned copy holds {what}; development is as it was.",
        way_out="Say in migrations/directory/columns.toml that it is faked or blank.",
    )
