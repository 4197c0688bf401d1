"""Cleaning the scratch copy: first all that it says of people is known, then it is replaced."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from portal.core.errors import Refused
from portal.databases.sync.columns import Rule, Rules, Treatment
from portal.databases.sync.fakes import PROSE, Fakes
from portal.databases.sync.known import Known, text_of
from portal.databases.sync.rows import Shape, batches, shape_of, write_back
from portal.jobs.progress import Progress


@dataclass(frozen=True)
class Dirty:
    """A table with the columns that are not taken over as they are."""

    words: str
    shape: Shape
    rules: dict[str, Rule]

    @property
    def columns(self) -> list[str]:
        return list(self.rules)

    def is_prose(self, column: str) -> bool:
        return self.rules[column].kind in {PROSE, ""}


def dirty_tables(
    connection: Connection, present: dict[str, list[str]], rules: Rules
) -> list[Dirty]:
    found = []
    for name, columns in present.items():
        changed = {each: rules[name][each] for each in columns if not rules[name][each].is_kept}
        if changed:
            found.append(_checked(Dirty(name, shape_of(connection, name), changed)))
    return found


def learn(
    connection: Connection,
    tables: list[Dirty],
    known: Known,
    progress: Progress,
    *,
    total: int,
    harmless: frozenset[str] = frozenset(),
) -> None:
    """Read every value that will not be taken over.

    `harmless`: what a sync itself writes for many; a production made from a synced development
    holds it, and it says nothing of anybody.
    """
    for table, rows in _each_batch(connection, tables, progress, total):
        skipped = len(table.shape.keys)
        prose = [table.is_prose(each) for each in table.columns]
        for row in rows:
            for value, is_prose in zip(row[skipped:], prose, strict=True):
                if (text := text_of(value)) and text not in harmless:
                    known.add(text, is_prose=is_prose)
    known.finish()


def clean(
    connection: Connection, tables: list[Dirty], fakes: Fakes, progress: Progress, *, total: int
) -> None:
    """Replace every one of them, in the connection's transaction."""
    for table, rows in _each_batch(connection, tables, progress, total):
        replaced = (_replaced(table, row, fakes) for row in rows)
        write_back(connection, table.shape, table.columns, [each for each in replaced if each])


def _each_batch(
    connection: Connection, tables: list[Dirty], progress: Progress, total: int
) -> Iterator[tuple[Dirty, list[Row[Any]]]]:
    done = 0
    for table in tables:
        for rows in batches(connection, table.shape, table.columns):
            progress.check_alive()
            yield table, rows
            done += len(rows)
            progress.advance(done, total, table.shape.words)


def _replaced(table: Dirty, row: Row[Any], fakes: Fakes) -> dict[str, Any] | None:
    """The row's keys and its new values; None where it holds nothing to replace."""
    skipped = len(table.shape.keys)
    values = dict(zip(table.columns, row[skipped:], strict=True))
    if all(value is None or value == "" for value in values.values()):
        return None
    keys = zip(table.shape.keys, row[:skipped], strict=True)
    new = {f"new_{each}": _new(table, each, value, fakes) for each, value in values.items()}
    return {f"key_{each}": value for each, value in keys} | new


def _new(table: Dirty, column: str, value: object, fakes: Fakes) -> object:
    rule, shape = table.rules[column], table.shape
    if rule.treatment is Treatment.BLANK:
        return None if shape.is_nullable(column) else ""
    fake = fakes.fake(rule.kind, value, is_unique=column in shape.unique)
    longest = shape.longest(column)
    return _cut(fake, longest) if longest and isinstance(fake, str) else fake


def _cut(text: str, longest: int) -> str:
    """Between words: half a made-up word may be a real one."""
    if len(text) <= longest:
        return text
    return text[: longest + 1].rpartition(" ")[0].rstrip() or text[:longest]


def _checked(table: Dirty) -> Dirty:
    if keys := set(table.shape.keys) & set(table.columns):
        named = f"{table.shape.words}.{min(keys)}"
        raise Refused(
            f"{named} is a key, and rows that refer to it would refer to nothing.",
            way_out="Keep it in migrations/directory/columns.toml, or give the table another key.",
        )
    for column, rule in table.rules.items():
        if rule.treatment is Treatment.BLANK and not table.shape.may_be_blank(column):
            raise Refused(
                f"{table.shape.words}.{column} can't be left blank: it must hold a number.",
                way_out="Keep or fake it in migrations/directory/columns.toml.",
            )
    return table
