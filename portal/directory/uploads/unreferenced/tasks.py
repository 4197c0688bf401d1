"""The worker's daily job: deletes stored pictures that nothing needs any more."""

from portal.audit.actor import SYSTEM
from portal.core.storage.database import JsonDict
from portal.directory.uploads.unreferenced.deleting import tidy_pictures
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every_tick
from portal.jobs.worker.schedules import when_due

KIND = "directory.tidy-pictures"
SCHEDULE, DAILY = "unreferenced pictures", "50 3 * * *"


def _again_tomorrow(_operation: Operation) -> Truth:
    return OperationState.FAILED, "What was not deleted is looked at the next day.", None


@job(KIND, title="Delete unused pictures", queue=Queue.QUICK, reconcile=_again_tomorrow)
def delete_unreferenced(progress: Progress, operation: Operation) -> JsonDict:
    tidied = tidy_pictures(by=operation.requested_by, alive=progress.check_alive)
    progress.say(str(tidied))
    return {"sentence": str(tidied), "deleted": tidied.deleted}


@every_tick
def begin_tidying() -> None:
    """Once a day. Commits."""
    when_due(SCHEDULE, DAILY, lambda: request_operation(KIND, by=SYSTEM))
