"""Asking a database a revision's own questions: each is answered, and no row is read in vain.

Questions about the same rows are asked in one statement, and the same question once. Where a
statement of several fails on SQLite, each is asked alone, so that the one at fault says so itself;
on PostgreSQL the transaction is over by then, and the server's word is the same either way.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal.databases.migrations.sql import together
from portal.databases.migrations.statements import WORDS

Question = tuple[str, str]
"""What it is about, in words, and its SQL."""
Answers = dict[str, str]
"""By the SQL of the question."""
Ask = Callable[[str, str], Sequence[Any]]
"""Given words and SQL; the one row of the answer."""


def answer(connection: Connection, sql: str, *, words: str | None = None) -> Any:
    """What a revision's own query says, its text as it stands: no driver reads % or : in it.

    `words`: what whoever watches the statements is told of it.
    """
    return _asked(connection, sql, words).scalar()


def answers(
    connection: Connection, questions: Iterable[Question], *, known: Mapping[str, str] | None = None
) -> Answers:
    """`known`: what was answered already, of this very state of the rows."""

    def ask(words: str, sql: str) -> Sequence[Any]:
        return _asked(connection, sql, words).first() or (None,)

    return answered(ask, questions, connection.dialect.name, known=known)


def answered(
    ask: Ask, questions: Iterable[Question], dialect: str, *, known: Mapping[str, str] | None = None
) -> Answers:
    found = dict(known or {})
    words = {sql: about for about, sql in questions if sql not in found}
    texts = list(words)
    for joint in together(texts, dialect) if len(texts) > 1 else ():
        asked = [texts[at] for at in joint.asked]
        if len(asked) > 1 and (row := _of_several(ask, joint.sql, [words[each] for each in asked])):
            found |= dict(zip(asked, map(str, row), strict=True))
    for sql in texts:
        if sql not in found:
            found[sql] = str(ask(words[sql], sql)[0])
    return found


def _of_several(ask: Ask, sql: str, words: list[str]) -> Sequence[Any] | None:
    """None where it failed and the transaction goes on: then each is asked alone."""
    try:
        return ask("; ".join(words), sql)
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            return None
        raise


def _asked(connection: Connection, sql: str, words: str | None) -> Any:
    options = {"no_parameters": True, WORDS: words}
    return connection.exec_driver_sql(sql, execution_options=options)
