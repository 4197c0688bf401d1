"""What every schema change must preserve, whatever its revisions are."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.engines import engine_for


@contextmanager
def left_sound(connection: Connection) -> Iterator[None]:
    """Around a change, in its transaction. Raises Refused if it would leave dangling references."""
    engine = engine_for(connection.engine.url)
    engine.require_ready(connection)
    broken_before = engine.broken_before(connection)
    yield
    engine.protect(connection)
    broken = set(engine.broken_references(connection))
    if broken and (newly := sorted(broken - broken_before())):
        raise Refused(f"Rows of {', '.join(newly)} would refer to nothing. All of it was undone.")
