"""The change itself: one transaction under the lock of the target."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Conflict, Unavailable
from portal.core.storage.database import JsonDict
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.changes.execution.change import Applied, Change
from portal.databases.changes.journal import require_new, write_entry
from portal.databases.changes.models import Plan
from portal.databases.engines import engine_for
from portal.databases.engines.base import Busy, first_line
from portal.databases.engines.sharing import asked_once
from portal.databases.migrations.commands import upgrade
from portal.databases.migrations.history import current_revision
from portal.databases.migrations.objects.comparing import Loss
from portal.databases.migrations.objects.plan import require_no_more
from portal.databases.migrations.objects.watching import watching
from portal.databases.migrations.sql import Sql
from portal.databases.migrations.statements import each_statement, label
from portal.databases.policies.drift import require_no_drift
from portal.databases.targets.config import Target
from portal.jobs.operations.progress import Interrupted, Progress

BACK_OFF = (0.5, 2.0, 5.0)
"""Seconds between tries while a table that has to change stays locked."""


def apply_patiently(change: Change, progress: Progress) -> Applied:
    """Try again while another session locks a table, holding no lock meanwhile so that the site
    answers. Raises Busy after the last try."""
    for pause in BACK_OFF:
        try:
            return _apply(change, progress)
        except Busy as busy:
            progress.say(f"{busy.sentence} Trying again in {pause:g} seconds.")
        time.sleep(pause)
        progress.check_alive()
    return _apply(change, progress)


def _apply(change: Change, progress: Progress) -> Applied:
    """Everything in one transaction under the target's lock, committed at the end of the block."""
    engine = engine_for(change.target.url)
    started = time.monotonic()
    with (
        _one_sentence(change.target),
        engine.changing(SchemaAccess.CHANGE) as connection,
        asked_once(connection),
    ):
        require_new(connection, change.key)
        require_no_drift(change.target, connection)
        before = current_revision(connection)
        if not change.target.history.pending(before, change.to_revision):
            raise Conflict(f"{change.target.name} is at {before}; nothing is pending.")
        bar = _Bar(change.plan, progress)
        with (
            each_statement(connection, bar.count, asked=bar.compare),
            watching(connection) as objects,
        ):
            measured = upgrade(
                connection, change.to_revision, target=change.target, ticket=change.ticket
            )
        unnamed = _approved(change, objects.losses, progress)
        rows, schema = engine.count_rows(connection), schema_of(change.target, connection)
        if change.ticket is None:  # with a ticket, the guard has written it
            write_entry(
                connection,
                change.key,
                plan=change.seal,
                from_revision=before,
                to_revision=change.to_revision,
            )
        progress.say(f"{len(measured)} checks passed; committing.")
        progress.check_alive()
    seconds = time.monotonic() - started
    return Applied(before, change.to_revision, seconds, measured, rows, *schema, unnamed)


def _approved(change: Change, losses: list[Loss], progress: Progress) -> list[JsonDict]:
    """Objects that were removed or changed without an operation that names them. With a plan,
    raises Refused for more than the plan lists; without one they are only reported."""
    if change.plan:
        require_no_more(change.plan.objects, losses)
    for each in losses:
        progress.say(f"No operation names it: {each.sentence}")
    return [each.json for each in losses]


class _Bar:
    """The progress of a change: its statements, and the invariants that are compared."""

    def __init__(self, plan: Plan | None, progress: Progress) -> None:
        self._progress = progress
        self._done, self._total = 0, len(plan.statements) if plan else 0

    def count(self, statement: str, _understood: Sql) -> None:
        self._done += 1
        self._show(label(statement))

    def compare(self, words: str) -> None:
        self._show(label(f"Compare: {words}"))

    def _show(self, text: str) -> None:
        total = max(self._total, self._done) if self._total else 0  # unknown without a plan
        self._progress.advance(self._done, total, text)


def schema_of(target: Target, connection: Connection) -> tuple[str, dict[str, str]]:
    engine = engine_for(target.url)
    with asked_once(connection):
        return engine.schema_digest(connection), engine.schema_objects(connection)


@contextmanager
def _one_sentence(target: Target) -> Iterator[None]:
    """Turn errors of the database into sentences; the transaction has been rolled back by then."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:  # perhaps during COMMIT, which may have succeeded
            raise Interrupted("The connection to the database was lost.") from error
        raise Unavailable(
            f"{target.name} could not be changed: {first_line(error)} Nothing was changed.",
            remedy="Fix the cause, then carry the change out again.",
        ) from error
