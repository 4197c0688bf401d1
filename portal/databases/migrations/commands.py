"""Runs revisions on a connection that was opened, locked and checked for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.changes.models import Ticket
from portal.databases.migrations import external
from portal.databases.migrations.invariants.measure import Measured
from portal.databases.targets.config import Target


def upgrade(
    connection: Connection,
    to: str,
    *,
    target: Target,
    ticket: Ticket | None = None,
    rehearsal: bool = False,
) -> Measured:
    """Run what is pending up to `to` in the connection's transaction; the caller commits.

    `target`: whose history it is; with `rehearsal` the connection is on a private copy of it. The
    history's env.py calls the guard and compares the checks. Raises Refused.
    """
    with reasons_for_people():
        if not target.is_directory:
            return external.upgrade(connection, to, target, ticket=ticket, rehearsal=rehearsal)
        return _run(command.upgrade, connection, to, target, ticket=ticket, rehearsal=rehearsal)


def downgrade(connection: Connection, to: str, *, target: Target) -> Measured:
    """Run the downgrade on a rehearsal's scratch copy."""
    with reasons_for_people():
        if not target.is_directory:
            return external.downgrade(connection, to, target)
        return _run(command.downgrade, connection, to, target, ticket=None, rehearsal=True)


def _run(
    what: Any,
    connection: Connection,
    to: str,
    target: Target,
    *,
    ticket: Ticket | None,
    rehearsal: bool,
) -> Measured:
    config = target.history.config()
    config.attributes["connection"] = connection
    measured: Measured = []
    config.attributes["invariants"] = measured
    if ticket is not None:
        config.attributes["ticket"] = ticket
    if rehearsal:
        config.attributes["rehearsal"] = True
    what(config, to)
    return measured


@contextmanager
def reasons_for_people() -> Iterator[None]:
    """If a revision finds data it can't change, the error says what to fix, a sentence each."""
    try:
        yield
    except RuntimeError as error:
        reasons: list[str] | None = getattr(error, "reasons", None)
        if reasons is None:
            raise
        raise Refused(
            f"The data can't be changed as it is, and nothing was. {' '.join(reasons)}",
            remedy="Fix these rows, then prepare the change again.",
        ) from error
