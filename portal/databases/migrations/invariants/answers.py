"""Runs a revision's own queries: each one gets its answer, and no row is read twice without need.

Queries of the same rows are combined into one statement, and the same query runs once. If a
combined statement fails on SQLite, each query runs alone, so that the failing one is identified; on
PostgreSQL the transaction is aborted by then, and the server's message is the same either way.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal.databases.migrations.sql import together
from portal.databases.migrations.statements import WORDS

Question = tuple[str, str]
"""Its description for display, and its SQL."""
Answers = dict[str, str]
"""By the SQL of the query."""
Ask = Callable[[str, str], Sequence[Any]]
"""Takes a description and SQL; returns the one row of the answer."""


def answer(connection: Connection, sql: str, *, words: str | None = None) -> Any:
    """The result of a revision's own query, sent verbatim: no driver interprets % or : in it.

    `words`: the description that statement listeners are given.
    """
    return _execute(connection, sql, words).scalar()


def answers(
    connection: Connection, questions: Iterable[Question], *, known: Mapping[str, str] | None = None
) -> Answers:
    """`known`: results that were already measured for the same state of the rows."""

    def ask(words: str, sql: str) -> Sequence[Any]:
        return _execute(connection, sql, words).first() or (None,)

    return answered(ask, questions, connection.dialect.name, known=known)


def answered(
    ask: Ask, questions: Iterable[Question], dialect: str, *, known: Mapping[str, str] | None = None
) -> Answers:
    found = dict(known or {})
    words = {sql: about for about, sql in questions if sql not in found}
    texts = list(words)
    for joint in together(texts, dialect) if len(texts) > 1 else ():
        several = [texts[at] for at in joint.asked]
        if len(several) > 1 and (
            row := _of_several(ask, joint.sql, [words[each] for each in several])
        ):
            found |= dict(zip(several, map(str, row), strict=True))
    for sql in texts:
        if sql not in found:
            found[sql] = str(ask(words[sql], sql)[0])
    return found


def _of_several(ask: Ask, sql: str, words: list[str]) -> Sequence[Any] | None:
    """None if it failed and the transaction is still usable: then each query runs alone."""
    try:
        return ask("; ".join(words), sql)
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            return None
        raise


def _execute(connection: Connection, sql: str, words: str | None) -> Any:
    options = {"no_parameters": True, WORDS: words}
    return connection.exec_driver_sql(sql, execution_options=options)
