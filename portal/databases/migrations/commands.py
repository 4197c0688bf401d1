"""Runs revisions on a connection that was opened, locked and checked for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.changes.models import Ticket
from portal.databases.migrations import external
from portal.databases.migrations.guard import REQUEST, MigrationRequest
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
    request = MigrationRequest(ticket=ticket, rehearsal=rehearsal)
    with reasons_for_people():
        if not target.is_directory:
            return external.upgrade(connection, to, target, request)
        return _run(command.upgrade, connection, to, target, request)


def downgrade(connection: Connection, to: str, *, target: Target) -> Measured:
    """Run the downgrade on a rehearsal's scratch copy."""
    request = MigrationRequest(rehearsal=True)
    with reasons_for_people():
        if not target.is_directory:
            return external.downgrade(connection, to, target, request)
        return _run(command.downgrade, connection, to, target, request)


def _run(
    what: Callable[[Config, str], None],
    connection: Connection,
    to: str,
    target: Target,
    request: MigrationRequest,
) -> Measured:
    config = target.history.config()
    config.attributes.update({"connection": connection, REQUEST: request})
    what(config, to)
    return request.measured


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
            remedy="Fix these rows, then prepare the change again: a run's step takes a new"
            " backup first.",
        ) from error
