"""What a piece of SQL does, determined by a parser: start at `classify`.

A statement counts as a read only if that is proven; what the parser does not understand is reported
as not understood, never taken for harmless. Whether a table, view or operator runs code of its own
depends on the database and can't be determined from text: docs/guard.md says so.

sqlglot is loaded on first use: no process that serves pages needs it.
"""

from collections.abc import Sequence
from functools import lru_cache

from portal.databases.migrations.sql.form import (
    NOTHING,
    Action,
    ActionKind,
    CombinedQuery,
    Kind,
    RowScope,
    Sql,
    Table,
)

__all__ = [
    "NOTHING",
    "Action",
    "ActionKind",
    "CombinedQuery",
    "Kind",
    "RowScope",
    "Sql",
    "Table",
    "classify",
    "together",
]


@lru_cache(maxsize=4096)
def classify(sql: str, dialect: str) -> Sql:
    """All that one or more statements do, in order. `dialect`: `sqlite` or `postgresql`."""
    from portal.databases.migrations.sql import statements  # noqa: PLC0415 — loads the parser

    return statements.classified(sql, dialect)


def together(questions: Sequence[str], dialect: str) -> list[CombinedQuery]:
    """Each query once, in few statements: combined with others about the same rows, or alone."""
    from portal.databases.migrations.sql import joining  # noqa: PLC0415 — loads the parser

    return joining.together(questions, dialect)
