"""What a piece of SQL does, told by a parser: start at `classify`.

A statement counts as a read only where that is proven; what the parser does not understand is said
to be not understood, never taken for harmless. Whether a table, view or operator runs code of its
own is the database's to know, and not told from text: docs/guard.md says so.

sqlglot is loaded by the first question and not before: no process that serves pages asks one.
"""

from collections.abc import Sequence
from functools import lru_cache

from portal.databases.migrations.sql.form import (
    NOTHING,
    Action,
    Does,
    Joint,
    Kind,
    Sql,
    Table,
    Where,
)

__all__ = [
    "NOTHING",
    "Action",
    "Does",
    "Joint",
    "Kind",
    "Sql",
    "Table",
    "Where",
    "classify",
    "together",
]


@lru_cache(maxsize=4096)
def classify(sql: str, dialect: str) -> Sql:
    """All that one or more statements do, in order. `dialect`: `sqlite` or `postgresql`."""
    from portal.databases.migrations.sql import statements  # noqa: PLC0415 — loads the parser

    return statements.classified(sql, dialect)


def together(questions: Sequence[str], dialect: str) -> list[Joint]:
    """Each question once, in few statements: with others about the same rows, or alone."""
    from portal.databases.migrations.sql import joining  # noqa: PLC0415 — loads the parser

    return joining.together(questions, dialect)
