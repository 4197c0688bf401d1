"""Anonymisation: first every personal value of production is learnt; then its rows are copied, by
batch and column, each value replaced by a fake, blanked, or kept after a check.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from portal.core.errors import Refused, Unavailable
from portal.databases.sync.batches import OpenDatabase, Shape
from portal.databases.sync.columns.rules import Rule, Rules, Treatment, rule_of
from portal.databases.sync.fakes import PROSE, Fakes
from portal.databases.sync.source_values import SourceValues, text_of
from portal.jobs.operations.progress import Progress

REMEMBERED = 5_000
Column = Sequence[Any]
Change = Callable[[Column], Column]


@dataclass(frozen=True)
class CopiedTable:
    """A table that production has and its history creates, with the columns that both have."""

    words: str
    shape: Shape
    rules: dict[str, Rule]

    @property
    def made_up(self) -> dict[str, str]:
        """The treatment of each column that is not kept, for display."""
        return {column: str(rule) for column, rule in self.rules.items() if not rule.is_kept}


class ReplacementCache(dict[Any, Any]):
    """Caches the replacement of a value, for the next row with the same one."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __missing__(self, value: Any) -> Any:
        if len(self) > REMEMBERED:
            self.clear()
        self[value] = made = self._make(value)
        return made


def learn(
    source: OpenDatabase,
    present: dict[str, list[str]],
    rules: Rules,
    known: SourceValues,
    *,
    progress: Progress,
    total: int,
    harmless: frozenset[str] = frozenset(),
) -> None:
    """Read every value that will not be kept.

    `harmless`: values that a sync itself writes for many people; a production that was made from a
    synced development contains them, and they identify no one.
    """
    done = 0
    for table, columns in present.items():
        own = {each: rule_of(rules, table, each) for each in columns}
        replaced = {column: rule for column, rule in own.items() if not rule.is_kept}
        if not replaced:
            continue
        for rows in source.rows(table, list(replaced)):
            progress.check_alive()
            for values, rule in zip(zip(*rows, strict=True), replaced.values(), strict=True):
                _learn_column(values, rule, known, harmless)
            progress.advance(done := done + len(rows), total, table)
    known.finish()


def _learn_column(
    values: Column, rule: Rule, known: SourceValues, harmless: frozenset[str]
) -> None:
    texts = {text for value in set(values) if (text := text_of(value))}
    is_left = rule.treatment is Treatment.LEAVE
    if is_left:
        texts |= {inner for text in texts if text[0] in "{[" for inner in _texts_in(text)}
    if texts := texts - harmless:
        known.add(*texts, is_prose=is_left or rule.kind in {PROSE, ""})


def _texts_in(text: str) -> Iterator[str]:
    """The texts in a JSON value."""
    try:
        waiting = [json.loads(text)]
    except ValueError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and value:
            yield value
        elif isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value


def carry_over(
    source: OpenDatabase,
    into: OpenDatabase,
    tables: list[CopiedTable],
    fakes: Fakes,
    *,
    progress: Progress,
    total: int,
) -> dict[str, int]:
    """Write production's rows, anonymised, into the empty tables; returns how many, by table.

    Raises Refused for a kept value that its rule does not allow, and for rows that don't fit.
    """
    written: dict[str, int] = {}
    for table in tables:
        written[table.words] = 0
        columns = list(table.rules)
        changes = [_change(table, each, fakes) for each in columns]
        for rows in source.rows(table.words, columns):
            progress.check_alive()
            cleaned = _cleaned(rows, changes)
            with only_names(table.words):
                into.transfer.load(into.connection, table.words, columns, cleaned)
            written[table.words] += len(rows)
            progress.advance(sum(written.values()), total, table.words)
    return written


def _cleaned(rows: list[tuple[Any, ...]], changes: list[Change]) -> Iterator[tuple[Any, ...]]:
    by_column = zip(*rows, strict=True)
    changed = [change(values) for change, values in zip(changes, by_column, strict=True)]
    return zip(*changed, strict=True)


def _change(table: CopiedTable, column: str, fakes: Fakes) -> Change:
    rule, shape = table.rules[column], table.shape
    if rule.is_kept:
        return lambda values: require_kept(table.words, column, rule, values, where="production")
    if rule.treatment is Treatment.BLANK:
        blank = None if shape.is_nullable(column) else ""
        return lambda values: [blank] * len(values)
    longest, is_unique = shape.longest(column), column in shape.unique

    def make(value: Any) -> Any:
        made = fakes.fake(rule.kind, value, is_unique=is_unique)
        return _cut(made, longest) if longest and isinstance(made, str) else made

    remembered = ReplacementCache(make)
    return lambda values: list(map(remembered.__getitem__, values))


def require_kept(table: str, column: str, rule: Rule, values: Column, *, where: str) -> Column:
    """Returns the same values. Raises Refused, naming table and column and no value."""
    present = [each for each in values if each is not None]
    if rule.keeps is None or rule.keeps.fits(present):
        return values
    raise Refused(
        f"{table}.{column} of {where} holds something other than {rule.keeps.words};"
        " development is as it was.",
        remedy="Fix these rows, or say in migrations/directory/columns.toml what else is allowed"
        " there, or that it is faked or blank.",
    )


@contextmanager
def only_names(table: str) -> Iterator[None]:
    """Turn the database's error about a row into a sentence without the row's values."""
    import psycopg  # noqa: PLC0415 — loaded on use

    try:
        yield
    except sqlite3.IntegrityError as error:
        raise _unfit(table, str(error)) from None  # SQLite names constraint and column only
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        place = error.diag.constraint_name or error.diag.column_name or error.sqlstate
        raise _unfit(table, f"{type(error).__name__} of {place}") from None
    except (sqlite3.Error, psycopg.Error) as error:
        raise Unavailable(
            f"Rows of {table} could not be taken over: {type(error).__name__}."
            " Development is as it was.",
            remedy="Look at the room on the disk and at the servers, then sync again.",
        ) from None


def _unfit(table: str, why: str) -> Refused:
    return Refused(
        f"Rows of {table} don't match the table as its revisions make it: {why}."
        " Development is as it was.",
        remedy="Fix these rows in production, or what columns.toml makes of them.",
    )


def _cut(text: str, longest: int) -> str:
    """Between words: half a made-up word may be a real one."""
    if len(text) <= longest:
        return text
    return text[: longest + 1].rpartition(" ")[0].rstrip() or text[:longest]
