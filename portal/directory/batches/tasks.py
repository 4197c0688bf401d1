"""The worker's part: carry batches out, and see that each of them has its operation."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from portal.core.clock import now
from portal.core.errors import PortalError, Unavailable
from portal.core.storage.database import JsonDict
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target, target_named, targets
from portal.databases.targets.identity import require_fit
from portal.directory.batches.acts import ACTIONS, CARRIED_OUT, HAND_OVER, IMPORT, UNDO
from portal.directory.batches.carrying import Carried, carry_out
from portal.directory.batches.operations import ACT, Asked, begin_operation
from portal.directory.site_tasks import serving
from portal.directory.unattended.permission import is_known, why_not_now
from portal.directory.unattended.waiting import batches, unfinished_batches
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.worker.each_second import every

LOOKED_EACH, AT_ONCE = 5.0, 20
GOES_ON = "The worker goes on with what is left."

log = logging.getLogger(__name__)


@every(LOOKED_EACH)
def begin_operations_that_are_missing() -> None:
    """Commits."""
    for target in targets():
        if not (target.is_directory and (found := unfinished_batches(target, CARRIED_OUT, now()))):
            continue
        try:
            _begin(target, found[:AT_ONCE])
        except (PortalError, SQLAlchemyError, OSError) as error:
            log.warning("Actions on studios of %s were not begun: %s", target.name, error)


def _begin(target: Target, ids: Sequence[str]) -> None:
    """One that does not come to its end keeps none of the others waiting."""
    with read_and_release():
        may = is_known(target) and why_not_now(target) is None
    for asked in _read(target, ids) if may else ():
        begin_operation(target.name, asked)


def _read(target: Target, ids: Sequence[str]) -> list[Asked]:
    columns = (batches.c.id, batches.c.action, batches.c.details, batches.c.by_number)
    query = select(*columns, batches.c.created_at).where(batches.c.id.in_(ids))
    with read_and_release(), engine_for(target.url).reading() as connection:
        label = require_fit(target, connection).label
        rows = connection.execute(query.order_by(batches.c.created_at, batches.c.id)).all()
    whose = label.database_uuid if label else ""
    return [_asked(row, whose) for row in rows]


def _asked(row: Any, database_uuid: str) -> Asked:
    details = row.details if isinstance(row.details, dict) else {}
    count = int(details.get("count", 0))
    return Asked(row.id, row.action, count, row.by_number, database_uuid, row.created_at)


def _goes_on(_operation: Operation) -> Truth:
    return OperationState.FAILED, GOES_ON, None


@job(ACT, title="Act on studios", queue=Queue.QUICK, reconcile=_goes_on)
def act(progress: Progress, operation: Operation) -> JsonDict:
    """In transactions of some studios; the page of the action says which could not be changed."""
    target = target_named(operation.target or "")
    with read_and_release():
        if why := why_not_now(target):
            raise Unavailable(f"{why} {GOES_ON}")
    with serving(target), progress.step("Change the studios"):
        carried = carry_out(
            str(operation.arguments.get("batch")),
            advance=lambda done, total: progress.advance(done, total, "Studios"),
        )
    return {"sentence": sentence_of(carried) if carried else "It is not there any more."}


def sentence_of(carried: Carried) -> str:
    """“482 studios hidden; 18 left as they are.”"""
    studios = "1 studio" if carried.changed == 1 else f"{carried.changed:,} studios"
    left = f"; {carried.refused:,} left as they are" if carried.refused else ""
    return f"{studios} {done_of(carried.action)}{left}."


def done_of(action: str) -> str:
    known = {HAND_OVER: "handed over", UNDO: "given back what they had", IMPORT: "imported"}
    return ACTIONS[action].done if action in ACTIONS else known.get(action, action)
