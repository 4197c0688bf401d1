"""The worker's tasks for derived tables: fill them, and compare them once a day."""

import logging
import time
from collections.abc import Iterator

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from portal.audit.actor import SYSTEM
from portal.core.errors import PortalError
from portal.core.storage.database import JsonDict, db
from portal.databases.engines import engine_for
from portal.databases.engines.derived import derived_state, has_state
from portal.databases.engines.sharing import has_table
from portal.databases.migrations.history import current_revision
from portal.databases.policies.maintenance import portal_maintenance
from portal.databases.public_version.version import note_unseen, raise_version
from portal.databases.targets.config import Target, target_named, targets
from portal.databases.targets.registry import registered_target
from portal.directory.admin.index.writing import ADMIN
from portal.directory.derived.counts import COUNTS
from portal.directory.derived.filling import fill_some
from portal.directory.derived.ratings import RATINGS
from portal.directory.derived.registry import Derived, all_derived
from portal.directory.derived.state import existing, forget
from portal.directory.index.writing import SEARCH
from portal.directory.revisions import SERVES
from portal.directory.unattended.permission import why_not_now
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every, every_tick
from portal.jobs.worker.schedules import when_due

EACH = 5.0
"""Seconds between two checks of a target that had nothing left to fill."""
AT_ONCE = 0.3
"""Seconds of filling in one tick, plus the batch in progress."""
COMPARISON, COMPARED_AT = "kept figures", "40 3 * * *"

KEPT = (COUNTS, RATINGS, SEARCH, ADMIN)
"""The derived tables of this release; naming them here registers them in every process."""

log = logging.getLogger(__name__)


@every(EACH)
def fill_what_is_derived() -> float | None:
    """Fill batches of each incomplete directory; the next call continues, at once if need be."""
    is_left = False
    with read_and_release():
        found = [each for each in targets() if each.is_directory and not why_not_now(each)]
    for target in found:
        try:
            is_left = _fill(target) or is_left
        except (PortalError, SQLAlchemyError, OSError) as error:
            log.warning("What is kept of %s was not filled: %s", target.name, error)
    return 0.0 if is_left else None


def _fill(target: Target) -> bool:
    """Whether more is left to fill."""
    engine = engine_for(target.url)
    with engine.reading() as connection:
        if not _can_be_filled(connection) or set(_whole(connection)) >= set(
            existing(connection, all_derived())
        ):
            return False
    end, is_left = time.monotonic() + AT_ONCE, True
    while is_left and time.monotonic() < end:
        with engine.changing() as connection:
            if not _can_be_filled(connection):
                return False
            whole: list[Derived] = []
            is_left = fill_some(connection, is_whole=whole.append)
            if any(each.is_seen for each in whole):
                raise_version(connection)
            else:
                note_unseen(connection)
        for each in whole:
            log.info("%s: The kept %s are whole and used now.", target.name, each.name)
    return is_left


def _can_be_filled(connection: Connection) -> bool:
    """Whether the database is at a revision of this release, has the tables and is writable; read
    from the database itself, under its lock."""
    if current_revision(connection) not in SERVES or not has_state(connection):
        return False
    if not has_table(connection, portal_maintenance.name):
        return True
    return not connection.execute(select(portal_maintenance)).first()


def _whole(connection: Connection, *, by_newer: bool = True) -> Iterator[Derived]:
    """Complete by this release's rule; `by_newer`: or by a newer release's rule, which is not
    changed."""
    rows = {row.derived: row for row in connection.execute(select(derived_state))}
    for each in all_derived():
        row = rows.get(each.name)
        if row and row.is_whole and (row.rule == each.rule or (by_newer and row.rule > each.rule)):
            yield each


def _again_tomorrow(_operation: Operation) -> Truth:
    return OperationState.FAILED, "It is compared again the next day.", None


@job(
    "directory.compare-kept",
    title="Compare kept figures",
    queue=Queue.QUICK,
    reconcile=_again_tomorrow,
)
def compare_kept(progress: Progress, operation: Operation) -> JsonDict:
    """Tables that differ from their sources are marked as stale and rebuilt."""
    target = target_named(operation.target or "")
    if why := why_not_now(target):
        return {"sentence": f"{why} Nothing was compared."}
    db.session.rollback()
    engine, sentences = engine_for(target.url), list[str]()
    with engine.reading() as connection:
        if not _can_be_filled(connection):
            return {"sentence": f"Nothing is kept in {target.name}."}
        whole = list(_whole(connection, by_newer=False))
        differing = {each.name: n for each in whole if (n := each.differing(connection))}
    for name, rows in differing.items():
        sentences.append(f"The kept {name} of {target.name} differed in {rows} rows; rebuilt.")
        log.warning("%s", sentences[-1])
        progress.say(sentences[-1])
    if differing:
        with engine.changing() as connection:
            forget(connection, set(differing))
            raise_version(connection)  # pages showed wrong data
    if not whole:
        return {"sentence": f"Nothing whole by this release's rules is kept in {target.name}."}
    return {"sentence": " ".join(sentences) or f"{len(whole)} kept, all as they should be."}


@every_tick
def begin_comparison() -> None:
    """Once a day. Commits."""
    when_due(COMPARISON, COMPARED_AT, _request_comparison)


def _request_comparison() -> None:
    for target in targets():
        if target.is_directory and registered_target(target.name):
            request_operation("directory.compare-kept", by=SYSTEM, target=target.name)
