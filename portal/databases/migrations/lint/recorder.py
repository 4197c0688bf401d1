"""Runs a revision and records everything it does, with the line that does it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from sqlalchemy import Connection, MetaData, event

from portal.core.storage.database import NAMES
from portal.databases.migrations.lint.events import Event, EventKind, of_operation, of_sql
from portal.databases.migrations.sole_connection import alone

NAMING = MetaData(naming_convention=NAMES)
"""Names for constraints that a revision leaves to its application's own convention."""


class Recorder:
    """Records the events of one revision's file. `is_whole`: it ran to its end.

    `dialect`: the SQL dialect that it runs, or pretends to run, with.
    """

    def __init__(self, file: Path) -> None:
        self._file = str(file)
        self._inside = False
        self.events: list[Event] = []
        self.dialect = "sqlite"
        self.is_running = False
        self._ran: set[str] = set()
        self.is_whole = True

    @property
    def file_name(self) -> str:
        return Path(self._file).name

    def note(self, events: Iterator[Event]) -> None:
        line = self._line()
        for each in events:
            found = replace(each, line=line)
            if found not in self.events:
                self.events.append(found)

    def on_statement(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        """Called for each statement. An operation's were recorded with it, except a rebuild's."""
        found = of_sql(statement, self.dialect)
        self.note(each for each in found if not self._inside or each.kind is EventKind.REBUILD)

    def invoking(self, invoke: Callable[[ops.MigrateOperation], Any]) -> Callable[[Any], Any]:
        def invoked(operation: ops.MigrateOperation) -> Any:
            self.note(self._understood(operation))
            was, self._inside = self._inside, True
            try:
                return invoke(operation)
            finally:
                self._inside = was

        return invoked

    def _understood(self, operation: ops.MigrateOperation) -> Iterator[Event]:
        """Plain SQL that ran on SQLite may not be valid on PostgreSQL."""
        text = str(operation.sqltext) if isinstance(operation, ops.ExecuteSQLOp) else ""
        was_there = text in self._ran
        if self.is_running:
            self._ran.add(text)
        for each in of_operation(operation, self.dialect):
            if self.is_running or each.kind is not EventKind.UNKNOWN or not was_there:
                yield each

    @contextmanager
    def batching(self, batch: Any) -> Iterator[Any]:
        with batch as batch_op:
            batch_op.invoke = self.invoking(batch_op.invoke)
            yield batch_op
            self._inside = True  # what follows is the batch's own implementation
        self._inside = False

    def _line(self) -> int:
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename != self._file:
            if frame.f_back is None:
                return 1
            frame = frame.f_back
        return frame.f_lineno


def run_recorded(connection: Connection, work: Callable[[], None], recorder: Recorder) -> None:
    """Run `upgrade` or `downgrade` of a revision on a real connection."""
    options = {"render_as_batch": True, "target_metadata": NAMING}
    context = MigrationContext.configure(connection, opts=options)
    recorder.dialect, recorder.is_running = connection.dialect.name, True
    event.listen(connection, "before_cursor_execute", recorder.on_statement)
    try:
        with alone(f"The revision in {recorder.file_name}", connection):
            _run(context, work, recorder)
    finally:
        event.remove(connection, "before_cursor_execute", recorder.on_statement)


def run_pretending(dialect: str, work: Callable[[], None], recorder: Recorder) -> None:
    """Run it against a dialect without a server: a query of the database ends the run."""
    options = {"as_sql": True, "output_buffer": StringIO()}
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    recorder.dialect, recorder.is_running = dialect, False
    try:
        with alone(f"The revision in {recorder.file_name}"):
            _run(context, work, recorder)
    except Exception:
        recorder.is_whole = False


def _run(context: MigrationContext, work: Callable[[], None], recorder: Recorder) -> None:
    with Operations.context(context) as op:
        whole_batch = op.batch_alter_table
        op.invoke = recorder.invoking(op.invoke)  # type: ignore[method-assign, assignment]
        op.batch_alter_table = (  # type: ignore[method-assign]
            lambda *given, **more: recorder.batching(whole_batch(*given, **more))
        )
        work()
