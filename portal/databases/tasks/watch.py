"""What the worker looks at itself: whether databases can be used, and copies without a row."""

import time
from collections.abc import Hashable

from portal.audit.actor import SYSTEM
from portal.core.odd_rows.searching import look_again
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.key import key_fault
from portal.databases.backups.strays.find import left_in_scratch, strays
from portal.databases.backups.strays.sorting import expired, sort_strays
from portal.databases.status.trouble import troubles
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every

FAULTS_EACH, STRAYS_EACH, DAY = 10.0, 600.0, 86_400.0
"""Seconds."""

_asked_for: tuple[Hashable, float] = ((), float("-inf"))


@every(FAULTS_EACH)
def look_for_faults() -> None:
    """Log at once what keeps pages from a database, before somebody asks for one."""
    with read_and_release():
        troubles()
    look_again()


@every(STRAYS_EACH)
def ask_for_sorting() -> float | None:
    """Once for what was found, and once a day: servers are asked by the operation. Without a key
    no manifest can be checked, so nothing is moved."""
    global _asked_for  # noqa: PLW0603 — one worker, one request
    if key_fault():
        return 0.0
    with read_and_release():
        found = (*(each.file for each in strays()), *left_in_scratch())
        found += tuple(each.file for each in expired())
    is_new = found != _asked_for[0] or time.monotonic() - _asked_for[1] > DAY
    if is_new:
        request_operation("backups.sort", by=SYSTEM)
        db.session.commit()
        _asked_for = found, time.monotonic()
    return None


def _again_next_time(_operation: Operation) -> Truth:
    return OperationState.FAILED, "What was not done is done the next time.", None


@job("backups.sort", title="Sort copies without a row", reconcile=_again_next_time)
def sort_copies(progress: Progress, operation: Operation) -> JsonDict:
    with progress.step("Look for copies that the catalogue does not know"):
        done = sort_strays(by=operation.requested_by)
    for problem in done.problems:
        progress.say(problem)
    counts = f"{len(done.entered)} entered, {len(done.aside)} set aside, {len(done.wiped)} wiped."
    return {"sentence": f"{counts} {' '.join(done.problems)}".strip()}
