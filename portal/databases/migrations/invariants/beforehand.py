"""The state before a change, queried on a second connection while the first revision runs.

A process that holds the writer's lock of a SQLite file keeps all others from writing, and in WAL
mode a reader sees the last commit: until the change commits, that is the state in which it began.
So the change need not wait for these queries. No check is weakened: a query that fails, or ends too
late, rolls the change back, and the guard's own tables are never queried here.
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
    """Queries in progress. `answers` waits for them; `end` must be called in any case."""

    def __init__(self, engine: DatabaseEngine, questions: Iterable[Question]) -> None:
        self._engine, self._questions = engine, list(questions)
        self._answers: Answers = {}
        self._error: BaseException | None = None
        self._driver: sqlite3.Connection | None = None
        self._has_begun, self._is_over = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="beforehand", daemon=True)

    def begin(self) -> None:
        """Returns once the snapshot for the queries is open."""
        self._thread.start()
        self._has_begun.wait()

    def answers(self) -> Answers:
        """Raises the error of a query that failed."""
        self._thread.join()
        if self._error:
            raise self._error
        return self._answers

    def end(self) -> None:
        """The answers are no longer needed."""
        self._is_over = True
        if (driver := self._driver) and self._thread.is_alive():
            with suppress(sqlite3.ProgrammingError):  # closed at this very moment
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
        """With the driver, so that no statement listener sees it."""
        try:
            if self._is_over or self._driver is None:
                raise sqlite3.OperationalError("interrupted")
            found: Sequence[Any] | None = self._driver.execute(sql).fetchone()
        except sqlite3.Error as error:
            raise DBAPIError.instance(sql, (), error, sqlite3.Error) from error
        return found or (None,)


def ask_beforehand(connection: Connection, questions: Sequence[Question]) -> Beforehand | None:
    """Start the queries; None if they have to run on the connection itself.

    The connection must hold the writer's lock and have written only to the guard's own tables.
    """
    if connection.dialect.name != "sqlite" or len(questions) < 2:
        return None
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
        return None
    if not all(_can_run_beside(sql) for _, sql in questions):
        return None
    beforehand = Beforehand(engine_for(connection.engine.url), questions)
    beforehand.begin()
    return beforehand


def _can_run_beside(sql: str) -> bool:
    read = classify(sql, "sqlite")
    names = [each.name.lower() for each in read.tables]
    is_of_people = bool(names) and not any(name.startswith(OWN) for name in names)
    return read.is_read and is_of_people and "pragma_" not in sql.lower()
