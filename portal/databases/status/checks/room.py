"""The control room itself: its database, its worker, its operations, its disks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.audit.chain.trigger_check import trigger_faults
from portal.audit.models import AuditEntry, AuditHead
from portal.core.clock import now
from portal.core.configuration.settings import settings, sqlite_path
from portal.core.errors import PortalError
from portal.core.odd_rows.searching import DIRECTORY_ROWS, OPS_ROWS, search
from portal.core.storage.busy import busy, is_locked
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.migrations.history import SEVERAL, current_revision
from portal.databases.sessions.limits import not_asked, servers, why_too_few
from portal.databases.status.checks.finding import Finding, fault, note
from portal.databases.status.trouble import troubles
from portal.databases.targets.config import ops_database, targets
from portal.databases.targets.registry import registered_target
from portal.jobs.connection import ops_engine
from portal.jobs.leases.clocks import is_ahead
from portal.jobs.leases.holder import live_leases
from portal.jobs.leases.workers import worker_is_alive, worker_of_other_release
from portal.jobs.models import LeaseKind, Operation
from portal.jobs.operations.exclusion import has_lost_its_process
from portal.jobs.operations.queries import (
    running_operations,
    unknown_operations,
    waiting_operations,
)
from portal.jobs.operations.recovery import NEVER_BEGUN
from portal.jobs.operations.service import why_log_is_ahead
from portal.jobs.release import why_no_commit

COPIES = 3
"""What a change needs, in sizes of the largest database: backup, scratch, a copy of the present."""
LEAST_FREE = 100_000_000
LOCK_PATIENCE = 5.0
"""Seconds; every writer of this product is done long before."""
WORKER = "flask jobs work"


def ops_schema() -> Iterator[Finding]:
    ops = ops_database()
    with engine_for(ops.site_url).reading() as connection:
        found = current_revision(connection)
    if found is None or SEVERAL in found:
        yield fault(
            f"The version table of the control room's database holds {found or 'nothing'}."
            " Restore its newest backup, as docs/bad-night.md says."
        )
    elif not ops.history.knows(found):
        yield note(
            f"The control room's database is at {found}, of a newer release. Deploy that here, too."
        )
    elif waiting := ops.history.pending(found):
        yield fault(
            f"The control room's database is at {found}, and this release needs {waiting[-1].id}."
            " Run: flask portal setup"
        )


def ops_file() -> Iterator[Finding]:
    """Whether its file is intact, if it is a file."""
    if sqlite_path(settings().ops_url) is None:
        return
    with engine_for(settings().ops_url).reading() as connection:
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if verdict != "ok":
        yield fault(
            f"The control room's database is damaged: {verdict}. Stop every process, and restore"
            " its newest backup, as docs/bad-night.md says."
        )


def trouble() -> Iterator[Finding]:
    """Disks, files and servers of all databases."""
    for each in troubles():
        yield fault(str(each))


def connections() -> Iterator[Finding]:
    """Whether each server allows what the processes may open together."""
    for server in servers(settings()):
        try:
            with engine_for(server.url).reading() as connection:
                found = why_too_few(server, connection)
        except (DBAPIError, PortalError) as error:
            yield fault(not_asked(server, first_line(error)))
            continue
        if found:
            yield fault(found)


def odd_rows() -> Iterator[Finding]:
    """Rows that pages leave out, as they can't be read; of the served directory as well."""
    for what in (OPS_ROWS, DIRECTORY_ROWS):
        for each in search(what):
            yield fault(f"{each} Pages leave it out. Correct it in the database, by hand.")


def ops_lock() -> Iterator[Finding]:
    """Whether it can be written: a process that hangs may keep all others from writing."""
    try:
        with ops_engine(settings().ops_url, patience=LOCK_PATIENCE).connect() as connection:
            connection.begin().rollback()
    except OperationalError as error:
        if not is_locked(error):
            raise
        yield fault(str(busy(settings().ops_url)).replace(" Nothing was changed.", ""))


def audit_log() -> Iterator[Finding]:
    """A quick check; `flask audit verify` reads all of it."""
    ops = db.session.connection(bind_arguments={"mapper": AuditEntry.__mapper__})
    for each in trigger_faults(ops):
        yield fault(f"The audit log is unguarded: {each}. See: flask audit verify")
    last, head = ops.scalar(select(func.max(AuditEntry.seq))), ops.scalar(select(AuditHead.seq))
    if head is None or head != (last or 0):
        yield fault(
            f"The audit log has {last or 0} entries, and its head says {head}."
            " See: flask audit verify"
        )
    if ending := why_log_is_ahead():
        yield fault(ending.sentence.replace(" Nothing was changed.", ""))


def worker() -> Iterator[Finding]:
    if sentence := worker_of_other_release():
        yield fault(sentence.replace("this process", "this command"))
    if worker_is_alive():
        return
    config = settings()
    needs_one = any(
        (
            config.backup_schedule,
            config.sync_schedule,
            waiting_operations(),
            [each for each in live_leases() if each.kind is LeaseKind.WEB],
        )
    )
    sentence = f"The worker is not running: what is started waits until it is. Start it: {WORKER}"
    yield Finding(sentence, is_fault=needs_one)


def release() -> Iterator[Finding]:
    """Whether this command names the release as other users' processes do."""
    if sentence := why_no_commit():
        yield note(sentence)


def running() -> Iterator[Finding]:
    """Running operations, and those that never ended."""
    for each in running_operations():
        if has_lost_its_process(each):
            yield fault(
                f"{_named(each)} never finished: its process is gone. The worker finds out what it"
                f" did: {WORKER}"
            )
        elif each.started_at and is_ahead(each.started_at):
            yield fault(f"{_named(each)} began in the future: a clock is wrong. Set it right.")
        else:
            yield note(f"{_named(each)} is under way. See /ops/operations/{each.id}")


def unknown() -> Iterator[Finding]:
    for each in unknown_operations():
        yield fault(
            f"{_named(each)} ended with an unknown effect: {each.outcome} Check the database:"
            f" flask databases status; the worker checks again: {WORKER}"
        )


def waiting() -> Iterator[Finding]:
    for each in waiting_operations():
        if is_ahead(each.requested_at) or now() - each.requested_at > NEVER_BEGUN:
            yield fault(
                f"{_named(each)} has waited since {each.requested_at:%Y-%m-%d %H:%M} UTC. See what"
                f" is ahead of it at /ops/operations, or start the worker: {WORKER}"
            )


def _named(operation: Operation) -> str:
    about = f" on {operation.target}" if operation.target else ""
    return (
        f"Operation {operation.id}, “{operation.title}”{about}, asked for by"
        f" {operation.requested_by_name},"
    )


def disks() -> Iterator[Finding]:
    """Space for a change where its files are created; a server's own disk can't be checked."""
    needed = max(LEAST_FREE, COPIES * _largest())
    places: dict[int, Path] = {}
    for folder in _folders():
        places.setdefault(folder.stat().st_dev, folder)
    for folder in places.values():
        if (free := shutil.disk_usage(folder).free) < needed:
            yield fault(
                f"{_megabytes(free)} are free at {folder}, and a change with its backup takes up to"
                f" {_megabytes(needed)}. Make room there."
            )


def _folders() -> list[Path]:
    urls = [settings().ops_url, *(each.url for each in targets())]
    files = [file for each in urls if (file := sqlite_path(each))]
    return [each for each in (settings().data, *(f.parent for f in files)) if each.is_dir()]


def _largest() -> int:
    known = [each for each in targets() if registered_target(each.name)]
    engines = [engine_for(each.url) for each in (*known, ops_database())]
    return max((each.size() for each in engines if each.exists()), default=0)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
