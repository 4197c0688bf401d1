"""Verification in the worker: with progress, and resumable."""

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select, update

from portal.audit.actor import Actor
from portal.audit.chain.checkpoint import Checkpoint, checkpoint_from
from portal.audit.chain.verification import record_verification, verify_log
from portal.core.configuration.settings import settings
from portal.core.errors import Invalid, PortalError
from portal.core.secrets import secret_key
from portal.core.storage.database import JsonDict, db, own_ops_transaction
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation

VERIFY = "audit.verify"
OPEN = (OperationState.WAITING, OperationState.RUNNING)
GOOD_FOR = 60 * 60
"""Seconds during which an interrupted verification is continued; later, entries may have
changed."""


def request_verification(*, by: Actor) -> None:
    """Request one, unless one is running already. The caller commits."""
    under_way = select(Operation.id).where(Operation.kind == VERIFY, Operation.state.in_(OPEN))
    if db.session.scalar(under_way.limit(1)) is None:
        request_operation(VERIFY, by=by)


def _keeps_its_mark(operation: Operation) -> Truth:
    """It was interrupted: its progress is stored in its row, for the next one."""
    kept = _kept_by(operation.id)
    mark = _read(kept)
    done = f"{mark.entries:,} entries were checked; the next one goes on there." if mark else ""
    return OperationState.FAILED, f"It was interrupted. {done}".rstrip(), kept


@job(
    VERIFY,
    title="Verify the audit log",
    queue=Queue.QUICK,
    reconcile=_keeps_its_mark,
    stoppable=True,
)
def verify(progress: Progress, operation: Operation) -> JsonDict:
    after = _interrupted(operation)
    db.session.rollback()
    if after:
        progress.say(f"Going on after entry {after.entries:,}, where the last one was interrupted.")

    def advance(done: int, total: int, chain: str) -> None:
        progress.check_alive()
        progress.advance(done, total, "entries")
        _keep(operation.id, Checkpoint(done, chain))

    result = verify_log(after=after, advance=advance)
    progress.check_alive()
    record_verification(result, by=operation.requested_by)
    if result.fault:
        db.session.commit()
        raise PortalError(result.fault)
    return {"sentence": f"All {result.entries:,} entries hold.", "entries": result.entries}


def _interrupted(operation: Operation) -> Checkpoint | None:
    """How far the previous verification got, if it was interrupted."""
    query = select(Operation.result).where(Operation.kind == VERIFY, Operation.id < operation.id)
    return _read(db.session.scalar(query.order_by(Operation.id.desc()).limit(1)))


def _kept_by(operation_id: int) -> JsonDict | None:
    return db.session.scalar(select(Operation.result).where(Operation.id == operation_id))


def _keep(operation_id: int, mark: Checkpoint) -> None:
    """Stored in its row, signed, so that write access to the file is not enough to forge it."""
    values = {"result": {"mark": _signer().dumps(mark.as_json())}}
    with own_ops_transaction() as session:
        session.execute(update(Operation).where(Operation.id == operation_id).values(**values))


def _read(kept: object) -> Checkpoint | None:
    """None for an invalid, expired or forged mark: then everything is verified from the start."""
    if not isinstance(kept, dict):  # the value may have been edited by hand
        return None
    try:
        return checkpoint_from(_signer().loads(str(kept.get("mark")), max_age=GOOD_FOR))
    except (BadSignature, Invalid):
        return None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key(settings()), salt="portal-audit-mark")
