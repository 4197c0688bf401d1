"""Rehearsals: the change runs on a verified backup restored into scratch, forward and back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Conflict, Invalid, Refused
from portal.core.storage.database import JsonDict, db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.backups.create import take_backup
from portal.databases.backups.integrity import require_fresh, require_whole
from portal.databases.backups.models import Backup, Purpose
from portal.databases.backups.scratch import scratch_folder
from portal.databases.changes.plan import Rehearsal
from portal.databases.changes.rollback_rehearsal import StateBefore, tried
from portal.databases.changes.verification import require_declared
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine, first_line
from portal.databases.engines.copies import copier_for
from portal.databases.migrations.applied import codes_of
from portal.databases.migrations.commands import upgrade
from portal.databases.migrations.invariants.measure import Measured
from portal.databases.migrations.lint import lint_revisions
from portal.databases.migrations.objects.plan import as_json
from portal.databases.migrations.objects.watching import ObjectWatch, watching
from portal.databases.migrations.revision import Revision
from portal.databases.migrations.sql import NOTHING, Action, ActionKind, Sql
from portal.databases.migrations.statements import each_statement, label
from portal.databases.policies.drift import digest_of_names, require_no_drift
from portal.databases.policies.expand_contract import runs_now
from portal.databases.targets.config import Target
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Progress

STRONGEST_FIRST = {
    "ACCESS EXCLUSIVE": "reads and writes wait until the change is committed",
    "SHARE": "writes wait until the change is committed",
    "ROW EXCLUSIVE": "writes to the same rows wait",
}
ROWS = (ActionKind.INSERT, ActionKind.REPLACE, ActionKind.UPDATE, ActionKind.DELETE)


def rehearse(target: Target, backup: Backup, *, progress: Progress) -> Rehearsal:
    """Carry the pending revisions out on a restored copy, and measure them.

    Raises Conflict if nothing is pending, Refused if the backup or the data doesn't allow it.
    """
    require_fresh(backup)
    file = require_whole(backup)
    revisions = runs_now(target, backup.revision)
    if not revisions:
        raise Conflict(f"{target.name} is at revision {backup.revision}; nothing is pending.")
    require_no_drift(target)
    to = revisions[-1].id
    name, digest, revision = backup.name, backup.content_digest, backup.revision
    db.session.commit()
    with scratch_folder() as folder:
        started = time.monotonic()
        with progress.step("Restore the backup into scratch"):
            url, content = copier_for(target.url).scratch(file, folder)
        restored_in = round(time.monotonic() - started, 3)
        if content.digest != digest:
            raise Refused(f"Backup {name} did not restore to what it held.")
        engine = engine_for(url)
        with engine.reading() as connection:
            schema_digest = engine.structure_digest(connection)
        forward = _forward(target, engine, to, progress)
        with engine.reading() as connection:
            schema_after = digest_of_names(engine, connection)
            require_declared(connection, revisions)
        after = copier_for(url).content()
        before = StateBefore(content, forward.objects.first)
        way_back = tried(target, url, revision, before, progress)
    findings, unread = _lint(target, revisions)
    return Rehearsal(
        from_revision=revision,
        to_revision=to,
        revisions=[_described(target, each) for each in revisions],
        statements=forward.statements,
        schema_digest=schema_digest,
        invariants=forward.measured,
        counts={
            "before": content.counts,
            "after": after.counts,
            "locks": forward.locks,
            "restore_seconds": restored_in,
        },
        warnings=_warnings(revisions, way_back, content.counts, after.counts) + unread,
        seconds=forward.seconds,
        way_back=way_back,
        schema_after=schema_after,
        findings=findings,
        objects=as_json(forward.objects),
    )


@dataclass(frozen=True)
class Forward:
    """What was observed while the change ran on the copy."""

    statements: list[str]
    locks: list[str]
    measured: Measured
    seconds: float
    objects: ObjectWatch


def _forward(target: Target, engine: DatabaseEngine, to: str, progress: Progress) -> Forward:
    statements: list[str] = []
    understood = NOTHING

    def on_statement(statement: str, what: Sql) -> None:
        nonlocal understood
        statements.append(statement)
        understood += what
        progress.advance(len(statements), 0, label(statement))

    def asked(words: str) -> None:
        progress.advance(len(statements), 0, label(f"Compare: {words}"))

    started = time.monotonic()
    with (
        progress.step("Run the change on the copy"),
        _one_sentence(),
        engine.changing(SchemaAccess.SCRATCH) as connection,
        each_statement(connection, on_statement, asked=asked),
        watching(connection) as objects,
    ):
        measured = upgrade(connection, to, target=target, rehearsal=True)
    seconds = time.monotonic() - started
    progress.say(f"{len(statements)} statements; {len(measured)} checks passed.")
    for each in objects.losses:
        progress.say(f"No operation names it: {each.sentence}")
    return Forward(statements, lock_hints(understood), measured, seconds, objects)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """An error of a revision on the copy is the database's own message, for its author."""
    try:
        yield
    except DBAPIError as error:
        raise Refused(
            f"The change does not run on the copy: {first_line(error)}",
            remedy="Fix the revision or the data; nothing was changed.",
        ) from error


def _lint(target: Target, revisions: list[Revision]) -> tuple[list[JsonDict] | None, list[str]]:
    """The linter's findings, or why it could not run: another application's history may not run on
    an empty SQLite file.
    """
    try:
        found = lint_revisions(revisions, folder=target.migrations)
    except Invalid as error:
        return None, [f"The linter could not look at it: {error}"]
    return [finding.as_json() for finding in found], []


def _described(target: Target, revision: Revision) -> dict[str, Any]:
    return {
        "id": revision.id,
        "title": revision.title,
        "phase": revision.phase,
        "words": revision.words,
        "reversible": revision.is_reversible,
        "sha256": revision.sha256,
        "code": codes_of([revision]).get(revision.id),
        "env": target.history.env_sha256,
    }


def _warnings(
    revisions: list[Revision], way_back: str, before: dict[str, int], after: dict[str, int]
) -> list[str]:
    contracts = [
        f"{revision.id} removes what earlier releases read: they stop working with this database."
        for revision in revisions
        if revision.phase == "contract"
    ]
    shrinking = [
        f"{name} loses {rows - after[name]} of its {rows} rows."
        for name, rows in before.items()
        if name in after and after[name] < rows
    ]
    dropped = [
        f"{name}, of another schema, is dropped with its {rows} rows."
        for name, rows in before.items()
        if name not in after and rows and "." in name
    ]
    return contracts + shrinking + dropped + ([way_back] if "not possible" in way_back else [])


def lock_hints(sql: Sql) -> list[str]:
    """A sentence for each lock strength; a table is listed with its strongest lock only.

    PostgreSQL's locks: on SQLite one writer locks the whole file, and readers continue.
    """
    strongest: dict[str, str] = {}
    order = list(STRONGEST_FIRST)
    for action in sql.actions:
        if mode := _lock(action):
            held = strongest.get(action.table.name, mode)
            strongest[action.table.name] = min(held, mode, key=order.index)
    return [
        f"{mode} on {', '.join(tables)}: {means}."
        for mode, means in STRONGEST_FIRST.items()
        if (tables := sorted(table for table, held in strongest.items() if held == mode))
    ]


def _lock(action: Action) -> str | None:
    """None for what blocks no one: a new table, an index that is created concurrently."""
    if action.kind in ROWS:
        return "ROW EXCLUSIVE"
    if action.kind is ActionKind.INDEX:
        return "SHARE" if action.waits else None
    is_made = action.kind is ActionKind.CREATE_TABLE
    return None if is_made or not action.table.name else "ACCESS EXCLUSIVE"


def was_rehearsed_in_vain(run: str, *, before: int | None = None) -> bool:
    """Whether the run's last rehearsal ended without a plan. `before`: an operation's id."""
    query = select(Operation.state).where(
        Operation.kind == "databases.rehearse",
        Operation.subject == run,
        Operation.finished_at.is_not(None),
    )
    if before is not None:
        query = query.where(Operation.id < before)
    last = db.session.scalar(query.order_by(Operation.id.desc()).limit(1))
    return last is not None and last is not OperationState.DONE


def backup_of_another_try(
    target: Target, operation: Operation, progress: Progress
) -> Backup | None:
    """A new backup for a rehearsal that is tried again in its run; None for the first. Commits."""
    if not operation.subject or not was_rehearsed_in_vain(operation.subject, before=operation.id):
        return None
    taken = take_backup(
        target,
        reason="Before the rehearsal that was tried again",
        by=operation.requested_by,
        progress=progress,
        run=operation.subject,
        purpose=Purpose.CHANGE,
    )
    db.session.commit()
    return taken
