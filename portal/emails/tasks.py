"""Tasks of the worker for messages: each second it looks for due or lost ones, and sends."""

from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import settings
from portal.core.storage.database import JsonDict, db
from portal.databases.targets.registry import is_demo
from portal.emails.delivery.sending import due_messages, send_message
from portal.emails.delivery.transport import transport_for
from portal.emails.delivery.unknown_outcomes import lost_attempts, settle_lost
from portal.emails.drafting.unsaved import forget_old_words
from portal.emails.models import AttemptOutcome
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every_tick
from portal.jobs.worker.schedules import begin, is_due

SEND = "emails.send"
#: When unsaved edits not touched for 30 days are deleted.
SCHEDULE, DAILY = "words.forget", "25 4 * * *"
OPEN = (OperationState.WAITING, OperationState.RUNNING)


def _each_says_for_itself(_operation: Operation) -> Truth:
    return OperationState.FAILED, "Each message says whether it left.", None


@job(SEND, title="Send messages", queue=Queue.QUICK, reconcile=_each_says_for_itself)
def send(progress: Progress, _operation: Operation) -> JsonDict:
    """Send all due messages, one after the other."""
    transport = transport_for(settings().mail, is_demo=is_demo())
    sent = others = 0
    while due := due_messages():
        db.session.rollback()
        progress.check_alive()
        ending = send_message(due[0], transport)
        if ending is None:
            continue
        progress.say(f"Message {due[0]}: {ending.outcome}. {ending.answer}")
        sent += ending.outcome is AttemptOutcome.SENT
        others += ending.outcome is not AttemptOutcome.SENT
    rest = f", {others} not" if others else ""
    return {"sentence": f"{sent} sent{rest}."}


@every_tick
def look_after_messages() -> None:
    """Settle lost attempts, and queue an operation when a message is due; commits."""
    with read_and_release():
        lost, due = lost_attempts(), due_messages()
        asked = select(Operation.id).where(Operation.kind == SEND, Operation.state.in_(OPEN))
        is_busy = db.session.scalar(asked.limit(1)) is not None
    if lost:
        settle_lost(lost)
    if due and not is_busy:
        request_operation(SEND, by=SYSTEM)
        db.session.commit()


@every_tick
def forget_unsaved_words() -> None:
    """Delete old unsaved edits, once a day; commits."""
    if not is_due(SCHEDULE, DAILY):
        return
    if begin(SCHEDULE, DAILY):
        forget_old_words()
    db.session.commit()
