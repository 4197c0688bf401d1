"""Running revisions on a connection that was opened, locked and checked for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.models import Ticket
from portal.databases.revisions import alembic_config

Measured = list[dict[str, Any]]
"""What had to hold: `words`, `before`, `after`, `holds`."""


def upgrade(
    connection: Connection, to: str, *, ticket: Ticket | None = None, rehearsal: bool = False
) -> Measured:
    """Run what is pending up to `to` in the connection's transaction; the caller commits.

    The history's env.py asks the guard, and compares what must hold. Raises Refused.
    """
    return _run(command.upgrade, connection, to, ticket=ticket, rehearsal=rehearsal)


def downgrade(connection: Connection, to: str) -> Measured:
    """Run the way back on a rehearsal's scratch copy."""
    return _run(command.downgrade, connection, to, ticket=None, rehearsal=True)


def _run(
    what: Any, connection: Connection, to: str, *, ticket: Ticket | None, rehearsal: bool
) -> Measured:
    config = alembic_config()
    config.attributes["connection"] = connection
    measured: Measured = []
    config.attributes["invariants"] = measured
    if ticket is not None:
        config.attributes["ticket"] = ticket
    if rehearsal:
        config.attributes["rehearsal"] = True
    with reasons_for_people():
        what(config, to)
    return measured


@contextmanager
def reasons_for_people() -> Iterator[None]:
    """A revision that finds data it can't change says what to mend, a sentence each."""
    try:
        yield
    except RuntimeError as error:
        reasons: list[str] | None = getattr(error, "reasons", None)
        if reasons is None:
            raise
        raise Refused(
            f"The data can't be changed as it is, and nothing was. {' '.join(reasons)}",
            way_out="Mend these rows, then prepare the change again.",
        ) from error
