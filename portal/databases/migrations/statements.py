"""The SQL of a change, as it runs: kept for the plan, counted while it runs."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from portal.databases.migrations.objects.inventory import is_looking
from portal.databases.migrations.sole_connection import own
from portal.databases.migrations.sql import Sql, classify
from portal.databases.migrations.sql.form import not_understood

LONGEST = 4000
LABEL = 72

WORDS = "portal_words"
"""An execution option: the description of a query."""

Listener = Callable[[str], None]
SqlListener = Callable[[str, Sql], None]


@contextmanager
def each_statement(
    connection: Connection, listener: SqlListener, *, asked: Listener | None = None
) -> Iterator[None]:
    """Call the listener with each statement that isn't proven to be a read, before it runs; and
    `asked` with each query that has a description.
    """

    def on_statement(
        _connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,
    ) -> None:
        if is_looking():
            return
        with own():
            if asked and (words := context.execution_options.get(WORDS)):
                asked(words)
            understood = _understood(statement, connection)
            if not understood.is_read:
                rows = len(parameters) if executemany else 1
                listener(kept(statement, rows=rows), understood)

    event.listen(connection, "before_cursor_execute", on_statement)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", on_statement)


def _understood(statement: str, connection: Connection) -> Sql:
    """A session in which backslashes escape reads strings differently from the parser."""
    driver = connection.connection.driver_connection
    parameter = getattr(getattr(driver, "info", None), "parameter_status", None)
    if "\\" in statement and parameter and parameter("standard_conforming_strings") == "off":
        return not_understood(statement)
    return classify(statement, connection.dialect.name)


def kept(statement: str, *, rows: int = 1) -> str:
    """The statement for display, with normalised spacing; a long one is cut and shows its hash."""
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", statement.strip())
    if len(text) > LONGEST:
        digest = hashlib.sha256(text.encode()).hexdigest()
        text = f"{text[:LONGEST]} … ({len(text)} characters, SHA-256 {digest})"
    return f"{text}  -- for {rows} rows" if rows > 1 else text


def label(statement: str) -> str:
    """The start of a statement, on one line."""
    line = " ".join(statement.split())
    return line if len(line) <= LABEL else line[: LABEL - 1] + "…"
