"""The worker's part: the dry run, the import, and files whose time is over."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from portal.core.clock import now
from portal.core.errors import PortalError, Unavailable
from portal.core.storage.database import JsonDict, db
from portal.databases.targets.config import target_named, targets
from portal.directory.imports.carrying_out import carry_out
from portal.directory.imports.files import (
    Upload,
    all_uploads,
    changing,
    delete_old,
    keep_verdicts,
    upload_with,
)
from portal.directory.imports.requests import CHECK, IMPORT, begin_import, is_open, operations_of
from portal.directory.imports.verdicts.judging import Standing, Verdict, judge
from portal.directory.site_tasks import serving
from portal.directory.unattended.permission import why_not_now
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.worker.each_second import every

LOOKED_EACH, TIDIED_EACH = 5.0, 3600.0
FIRST, LONGEST = timedelta(seconds=2), timedelta(hours=1)
GOES_ON = "What was imported stays, and the rest is imported without your doing."
CHANGED = "The columns were changed meanwhile, so this dry run was not kept."
RESTORED = "The directory was restored to a time before this import. Upload the file again."

log = logging.getLogger(__name__)


@every(LOOKED_EACH)
def begin_imports_that_wait() -> None:
    """Those that were asked for, or whose process died, have an operation. Commits."""
    for upload in all_uploads():
        if upload.state != "importing":
            continue
        try:
            _begin(upload)
        except (PortalError, SQLAlchemyError, OSError) as error:
            db.session.rollback()
            log.warning("The import of %s was not begun: %s", upload.id, error)


def _begin(upload: Upload) -> None:
    target = next(
        each for each in targets() if each.is_directory and each.environment == upload.environment
    )
    with read_and_release():
        may = _is_wanted(operations_of(upload, IMPORT)) and why_not_now(target) is None
    if may:
        begin_import(upload, target.name)


def _is_wanted(operations: Sequence[Operation]) -> bool:
    """Newest first. After each end without the import's end it waits longer."""
    if not operations:
        return True
    wait = min(FIRST * 2 ** min(len(operations), 12), LONGEST)
    ended = operations[0].finished_at
    return ended is not None and ended + wait <= now()


@every(TIDIED_EACH)
def delete_files_whose_time_is_over() -> None:
    if count := delete_old(now()):
        log.info("%d uploaded files of studios were deleted after 30 days.", count)


def _nothing_written(_operation: Operation) -> Truth:
    return OperationState.FAILED, "Nothing was written. Ask for the dry run again.", None


def _goes_on(_operation: Operation) -> Truth:
    return OperationState.FAILED, GOES_ON, None


@job(
    CHECK,
    title="Dry run of an import",
    queue=Queue.QUICK,
    reconcile=_nothing_written,
    stoppable=True,
    of_this_release=True,
)
def check_import(progress: Progress, operation: Operation) -> JsonDict:
    """Reads the directory, and writes what it finds beside the file."""

    def advance(done: int, total: int, label: str) -> None:
        progress.advance(done, total, label)
        progress.check_alive()

    with serving(target_named(operation.target or "")), progress.step("Check all rows"):
        upload = upload_with(str(operation.arguments.get("file")))
        found = judge(upload, advance=advance)
        with changing(upload.id) as upload:
            if upload.marked != operation.arguments.get("as") or not is_open(upload):
                return {"sentence": CHANGED}
            keep_verdicts(upload, [each.kept() for each in found])
            upload.counts = _counts(found)
            upload.checked_at, upload.choices = now().isoformat(), {}
    return {"sentence": _counted(upload.counts)}


def _counts(found: list[Verdict]) -> dict[str, int]:
    return {each.value: sum(one.standing is each for one in found) for each in Standing}


def _counted(counts: dict[str, int]) -> str:
    """“4,950 new, 50 bad. Nothing was written.”"""
    words = [f"{number:,} {name}" for name, number in counts.items() if number]
    return f"{', '.join(words) or 'No rows'}. Nothing was written."


@job(
    IMPORT,
    title="Import studios",
    queue=Queue.QUICK,
    reconcile=_goes_on,
    of_this_release=True,
)
def import_studios(progress: Progress, operation: Operation) -> JsonDict:
    """Goes on where an earlier process ended; see `carrying_out`."""
    target = target_named(operation.target or "")
    with read_and_release():
        if why := why_not_now(target):
            raise Unavailable(f"{why} {GOES_ON}")
    with serving(target), progress.step("Import the studios"):
        upload = upload_with(str(operation.arguments.get("file")))
        ended = carry_out(upload, advance=progress.advance, alive=progress.check_alive)
        with changing(upload.id) as upload:
            upload.ended = ended if ended is not None else {"stopped": RESTORED}
    return {"sentence": _said(upload.ended)}


def _said(ended: JsonDict) -> str:
    count, left = int(ended.get("count") or 0), ended.get("left") or {}
    studios = "1 studio was" if count == 1 else f"{count:,} studios were"
    more = f" {len(left):,} rows were left as they are." if left else ""
    return f"{ended.get('stopped') or ''} {studios} imported.{more}".strip()
