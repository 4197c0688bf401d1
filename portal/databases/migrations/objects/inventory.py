"""The facts of a database, on any engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection

from portal.databases.engines.sharing import cached_on
from portal.databases.migrations.objects import postgresql, sqlite
from portal.databases.migrations.objects.facts import Facts, keyed

_looking: ContextVar[bool] = ContextVar("looking_at_objects", default=False)


def facts_of(connection: Connection) -> Facts:
    """Read in the connection's present transaction."""
    engine = postgresql if connection.dialect.name == "postgresql" else sqlite
    with excluded_from_change():
        return cached_on(connection, "facts", lambda here: keyed(engine.facts_of(here)))


@contextmanager
def excluded_from_change() -> Iterator[None]:
    """Statements of the product itself in this block are not part of a change."""
    token = _looking.set(True)
    try:
        yield
    finally:
        _looking.reset(token)


def is_looking() -> bool:
    """Whether the current statement is one of these queries rather than part of a change."""
    return _looking.get()


def uncompared(connection: Connection) -> list[str]:
    """Relations whose rows no content digest covers, for display."""
    if connection.dialect.name == "postgresql":
        return postgresql.uncompared(connection)
    return sqlite.uncompared(connection)
