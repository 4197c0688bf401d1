"""Directory databases for tests: made once, copied, stamped and registered as the product does."""

import functools
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy.engine import URL

import portal.databases.tasks.changes  # noqa: F401 — registers the jobs
from portal.audit.actor import NamedActor
from portal.core.clock import now
from portal.core.configuration.settings import sqlite_path, sqlite_url
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.backups.files import backups_folder
from portal.databases.changes import tickets
from portal.databases.changes.models import Plan, Ticket
from portal.databases.changes.plan import plan_of_run
from portal.databases.engines import engine_for
from portal.databases.engines.sqlite.content import content_of_file
from portal.databases.engines.sqlite.copy import Content
from portal.databases.migrations.guard import REQUEST, MigrationRequest
from portal.databases.migrations.history import FOLDER, History, current_revision
from portal.databases.restores import replace
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity_label import stamp
from portal.databases.targets.registry import control_room, note_state, register
from portal.directory.demo import fill_legacy
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform, request_operation
from portal.runbooks.engine.runs import start_run

LEGACY, HEAD = "0001", History(FOLDER).head()
ANA = NamedActor(id=1, name="ana", role="admin")
OMAR = NamedActor(id=2, name="omar", role="ops")
EVA = NamedActor(id=3, name="eva", role="admin")
CLEO = NamedActor(id=4, name="cleo", role="client")


@functools.cache
def legacy_file(studios: int) -> Path:
    """A directory at the legacy schema with demo data, in a temporary folder; never changed."""
    file = Path(tempfile.mkdtemp(prefix="legacy-")) / "legacy.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    url = sqlite_url("template", URL.create("sqlite", database=str(file)))
    with engine_for(url).changing(SchemaAccess.SCRATCH) as connection:
        config = History(FOLDER).config()
        request = MigrationRequest(rehearsal=True)
        config.attributes.update({"connection": connection, REQUEST: request})
        command.upgrade(config, LEGACY)
        fill_legacy(connection, studios=studios)
    return file


def place(name: str = "production", *, studios: int = 30) -> Target:
    """Put a legacy directory at a target's address, as one that this control room knows."""
    target = target_named(name)
    file = file_at(target)
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(legacy_file(studios), file)
    make_known(target)
    return target


def make_known(target: Target) -> None:
    """Stamp what stands at the target's address, and register it."""
    engine = engine_for(target.url)
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        label = stamp(
            connection,
            application=target.application,
            environment=target.environment,
            key=control_room(is_demo=True).identity_key,
        )
        anchor = engine.cast_anchor(connection, label.database_uuid)
        engine.protect(connection)
        register(target, label, anchor=anchor, address=engine.address)
        note_state(
            target.name,
            revision=current_revision(connection),
            schema_digest=engine.schema_digest(connection),
            schema_objects=engine.schema_objects(connection),
        )
    db.session.commit()


def file_at(target: Target) -> Path:
    file = sqlite_path(target.url)
    assert file
    return file


def content(target: Target) -> Content:
    return content_of_file(file_at(target))


def revision(target: Target) -> str | None:
    with engine_for(target.url).reading() as connection:
        return current_revision(connection)


def execute(target: Target, sql: str) -> None:
    execute_on(file_at(target), sql)


def execute_on(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as connection:
        connection.execute(sql)


def start(by: NamedActor = OMAR, *, target: str = "production") -> str:
    """Start a run of the shipped runbook; returns its uuid."""
    run = start_run("migrate-production", inputs={"target": target, "reason": "T"}, by=by)
    db.session.commit()
    return run.uuid


def operate(
    kind: str,
    *,
    by: NamedActor = OMAR,
    target: str | None = "production",
    run: str | None = None,
    **arguments: object,
) -> Operation:
    """Carry an operation out in this process, to its end."""
    operation = request_operation(kind, by=by, target=target, arguments=arguments, subject=run)
    db.session.commit()
    return perform(operation)


def carry_out(operation_id: int) -> None:
    perform(db.session.get_one(Operation, operation_id))


def carry_out_whole(operation_id: int) -> str:
    """The same; returns how it ended, and leaves no transaction open."""
    ended = perform(db.session.get_one(Operation, operation_id)).outcome or ""
    db.session.rollback()
    return ended


def make_old(path: Path) -> None:
    """Make a file or folder look an hour old."""
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))


def rehearsed(run: str = "run-1") -> Plan:
    assert operate("databases.backup", run=run).is_done
    operation = operate("databases.rehearse", run=run)
    assert operation.is_done, operation.outcome
    plan = plan_of_run(run)
    assert plan
    return plan


def approved(run: str, *, why: str | None = None) -> Ticket:
    """The run's ticket with both confirmations; `why`: the reason for what nobody named."""
    rehearsed(run)
    ticket = tickets.ticket_of_run(run)
    assert ticket
    if why:
        tickets.explain_objects(ticket, why, by=OMAR)
    tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    tickets.approve(ticket, "production", by=ANA, logged_in_at=now() + timedelta(seconds=1))
    db.session.commit()
    return ticket


def approved_change() -> None:
    place(studios=6)
    approved(start())


def lose_the_file_as_it_is_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backup's, which was proven a moment before."""
    scratch_folder = replace.scratch_folder

    def losing() -> AbstractContextManager[Path]:
        for file in backups_folder().glob("production-*"):
            if file.suffix != ".json":
                file.unlink()
        return scratch_folder()

    monkeypatch.setattr(replace, "scratch_folder", losing)
