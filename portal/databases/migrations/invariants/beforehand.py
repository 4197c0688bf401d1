"""What held before a change, asked beside it while its first revision runs.

Whoever holds the writer's lock of a SQLite file keeps everybody else from writing, and in WAL mode
a reader sees what was committed before: until the change commits, that is what was there when it
began. So the questions need not keep it waiting. Nothing is weaker: a question that fails, or ends
too late, undoes the change, and the guard's own tables are never asked about here.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.migrations.invariants.answers import Answers, Question, answered
from portal.databases.migrations.sql import classify

OWN = ("portal_", "alembic_", "sqlite_", "pragma_")


class Beforehand:
    """Questions under way. `answers` waits for them; `end` must be called, whatever happened."""

    def __init__(self, engine: DatabaseEngine, questions: Iterable[Question]) -> None:
        self._engine, self._questions = engine, list(questions)
        self._answers: Answers = {}
        self._error: BaseException | None = None
        self._driver: sqlite3.Connection | None = None
        self._has_begun, self._is_over = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="beforehand", daemon=True)

    def begin(self) -> None:
        """Returns once the moment that the questions are about is held still."""
        self._thread.start()
        self._has_begun.wait()

    def answers(self) -> Answers:
        """Raises what went wrong with a question."""
        self._thread.join()
        if self._error:
            raise self._error
        return self._answers

    def end(self) -> None:
        """Nobody needs the answers any more."""
        self._is_over = True
        if (driver := self._driver) and self._thread.is_alive():
            with suppress(sqlite3.ProgrammingError):  # closed in this very moment
                driver.interrupt()
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._engine.reading() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("SELECT count(*) FROM sqlite_master").fetchone()
                self._driver = driver
                self._has_begun.set()
                self._answers = answered(self._ask, self._questions, "sqlite")
        except BaseException as error:
            self._error = error
        finally:
            self._driver = None
            self._has_begun.set()

    def _ask(self, _words: str, sql: str) -> Sequence[Any]:
        """By the driver, which no one else listens to."""
        try:
            if self._is_over or self._driver is None:
                raise sqlite3.OperationalError("interrupted")
            found: Sequence[Any] | None = self._driver.execute(sql).fetchone()
        except sqlite3.Error as error:
            raise DBAPIError.instance(sql, (), error, sqlite3.Error) from error
        return found or (None,)


def ask_beforehand(connection: Connection, questions: Sequence[Question]) -> Beforehand | None:
    """Begin with them; None where they have to be asked on the connection itself.

    The connection must hold the writer's lock and have written nothing but the guard's own tables.
    """
    if connection.dialect.name != "sqlite" or len(questions) < 2:
        return None
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
        return None
    if not all(_may_be_asked_beside(sql) for _, sql in questions):
        return None
    asked = Beforehand(engine_for(connection.engine.url), questions)
    asked.begin()
    return asked


def _may_be_asked_beside(sql: str) -> bool:
    read = classify(sql, "sqlite")
    names = [each.name.lower() for each in read.tables]
    is_of_people = bool(names) and not any(name.startswith(OWN) for name in names)
    return read.is_read and is_of_people and "pragma_" not in sql.lower()
