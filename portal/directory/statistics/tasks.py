"""The worker counts the figures of each directory once a day."""

import logging
from datetime import timedelta

from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.storage.database import JsonDict, db
from portal.databases.engines import engine_for
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target, target_named, targets
from portal.directory.revisions import SERVES
from portal.directory.statistics.counting import count_figures
from portal.directory.statistics.reading import COUNT, latest
from portal.directory.unattended.permission import is_known, why_not_now
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every

LOOKED_AT_EACH, COUNTED_EACH = 600.0, timedelta(days=1)
OPEN = (OperationState.WAITING, OperationState.RUNNING)
log = logging.getLogger(__name__)


@every(LOOKED_AT_EACH)
def count_what_is_due() -> None:
    """Ask for it where the last count is a day old, or there is none. Commits."""
    for target in targets():
        if target.is_directory and is_known(target) and _is_due(target):
            request_operation(COUNT, by=SYSTEM, target=target.name)
            db.session.commit()


def _is_due(target: Target) -> bool:
    with read_and_release():
        asked = Operation.kind == COUNT, Operation.target == target.name
        is_asked = select(Operation.id).where(*asked, Operation.state.in_(OPEN)).limit(1)
        if db.session.scalar(is_asked) is not None or why_not_now(target) is not None:
            return False
        last = latest(target.name)
        return last is None or last.finished_at is None or last.finished_at < now() - COUNTED_EACH


def _again_tomorrow(_operation: Operation) -> Truth:
    return OperationState.FAILED, "They are counted again later.", None


@job(COUNT, title="Count figures", queue=Queue.QUICK, reconcile=_again_tomorrow)
def count(progress: Progress, operation: Operation) -> JsonDict:
    target = target_named(operation.target or "")
    with read_and_release():
        if why := why_not_now(target):
            return {"sentence": f"{why} Nothing was counted."}
    with progress.step("Count"), engine_for(target.url).reading() as connection:
        if current_revision(connection) not in SERVES:
            return {"sentence": f"{target.name.capitalize()} has another schema."}
        figures = count_figures(connection, now())
    return {"sentence": f"The figures of {target.name} are counted.", "figures": figures}
