"""The treatment of each column: `columns.toml`, next to the history that creates the columns."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from portal.core.errors import Refusal, Refused
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.derived import is_derived
from portal.databases.migrations import history
from portal.databases.sync.columns.kept_values import KeptRule, kept
from portal.databases.sync.fakes import KINDS

OWN = "portal_"
ALEMBICS = "alembic_version"
NAMED_AT_MOST = 5


class Treatment(StrEnum):
    KEEP = "keep"
    FAKE = "fake"
    BLANK = "blank"
    LEAVE = "left behind"


WHOLE_TABLE = "rows"
"""The only line of a table that is left behind: `rows = "left behind: why"`."""


@dataclass(frozen=True)
class Rule:
    """One column's rule, or that of a whole table. `kind` of a fake, or why a table is left behind;
    `keeps`: all that a kept value may be.
    """

    treatment: Treatment
    kind: str = ""
    keeps: KeptRule | None = None

    @property
    def is_kept(self) -> bool:
        return self.treatment is Treatment.KEEP

    def __str__(self) -> str:
        return f"{self.treatment}: {self.kind}" if self.kind else self.treatment.value


Rules = dict[str, dict[str, Rule]]
"""By table and column."""

UNLISTED = Rule(Treatment.KEEP)
"""Of a column that only a newer revision of development creates: a personal value stops the sync.
"""


def is_left_behind(rules: Rules, table: str) -> bool:
    """Whether no row of the table travels, whatever its columns."""
    line = rules.get(table, {}).get(WHOLE_TABLE)
    return line is not None and line.treatment is Treatment.LEAVE


def rule_of(rules: Rules, table: str, column: str) -> Rule:
    return rules[table][WHOLE_TABLE if is_left_behind(rules, table) else column]


def columns_file() -> Path:
    return history.FOLDER / "columns.toml"


def load_rules() -> Rules:
    """Raises Refused, naming the line that can't be read."""
    try:
        return _rules_in(columns_file().read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{columns_file().name} can't be read: {error}.") from None


@lru_cache(maxsize=4)
def _rules_in(text: str) -> Rules:
    """Cached by the text, which is read each time. The rules are never modified."""
    tables = tomllib.loads(text)
    return {
        table: {column: _rule(f"{table}.{column}", line) for column, line in columns.items()}
        if not _leaves(columns)
        else {WHOLE_TABLE: _left(table, columns)}
        for table, columns in tables.items()
    }


def present_columns(engine: DatabaseEngine, connection: Connection) -> dict[str, list[str]]:
    """Every table of the database and its columns, without the guard's own and Alembic's."""
    return {
        table: columns
        for table, columns in engine.all_columns(connection).items()
        if is_rows_of_people(table)
    }


def unlisted(present: dict[str, list[str]], rules: Rules) -> list[str]:
    """What is not classified: `newsletter` for a whole table, `users.nickname` for a column."""
    return [
        name
        for table, columns in present.items()
        if not is_left_behind(rules, table)
        for name in (
            [f"{table}.{column}" for column in columns if column not in rules[table]]
            if table in rules
            else [table]
        )
    ]


def require_listed(present: dict[str, list[str]], rules: Rules, *, target: str) -> None:
    """Raises Refused, naming what is not on the list."""
    missing = unlisted(present, rules)
    if missing:
        named = ", ".join(missing[:NAMED_AT_MOST])
        more = f" and {len(missing) - NAMED_AT_MOST} more" if missing[NAMED_AT_MOST:] else ""
        raise Refused(
            f"There is no rule for {named}{more}; nothing was synced.",
            remedy="Classify it in migrations/directory/columns.toml: keep, fake or blank, or leave"
            " a whole table behind.",
            refusal=Refusal("sync.started", target, {"unlisted": named}),
        )


def is_rows_of_people(table: str) -> bool:
    """False for the guard's own and derived tables, which are never copied, and for Alembic's."""
    return not table.startswith(OWN) and table != ALEMBICS and not is_derived(table)


def _leaves(lines: dict[str, object]) -> bool:
    return str(lines.get(WHOLE_TABLE, "")).partition(":")[0] == Treatment.LEAVE


def _left(table: str, lines: dict[str, object]) -> Rule:
    why = str(lines[WHOLE_TABLE]).partition(":")[2].strip()
    if why and len(lines) == 1:
        return Rule(Treatment.LEAVE, kind=why)
    raise Refused(
        f"{columns_file().name} leaves {table} behind and "
        + ("has lines for its columns." if why else "does not say why."),
        remedy="Remove these lines." if why else 'Say so: rows = "left behind: why".',
    )


def _rule(where: str, line: object) -> Rule:
    treatment, _, more = str(line).partition(":")
    more = more.strip()
    if treatment == Treatment.FAKE and more in KINDS:
        return Rule(Treatment.FAKE, kind=more)
    if treatment == Treatment.KEEP:
        return _kept(where, more)
    if treatment == Treatment.BLANK and not more:
        return Rule(Treatment.BLANK)
    raise Refused(
        f"{columns_file().name} says “{line}” of {where}, which is neither keep, blank nor"
        f" fake with one of {', '.join(sorted(KINDS))}.",
        remedy="Fix that line.",
    )


def _kept(where: str, what: str) -> Rule:
    if keeps := kept(what):
        return Rule(Treatment.KEEP, keeps=keeps)
    raise Refused(
        f"{columns_file().name} keeps {where} and does not say which values are allowed.",
        remedy="Say so in that line: keep: 0..100000, keep: time, keep: boolean, keep: id, or"
        " keep: and words of at most 40 characters, with commas. Other values have to be faked"
        " or blank.",
    )
