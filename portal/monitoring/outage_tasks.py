"""Tasks of the worker for outages: it records notices that are due, and sends them in a child."""

from uuid import uuid4

from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import JsonDict, db
from portal.databases.targets.registry import is_demo
from portal.emails.delivery.mime import Envelope, build
from portal.emails.delivery.transport import (
    NotDelivered,
    OutcomeUnknown,
    Temporary,
    Transport,
    transport_for,
)
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every_tick
from portal.monitoring.notices.addresses import Destination, address_by_id, destination_of
from portal.monitoring.notices.outbox import (
    NoticeResult,
    plan_notices,
    sending_notices,
    settle_lost,
    waiting_notices,
)
from portal.monitoring.notices.sending import SendEmail, deliver_within, send_notices
from portal.monitoring.notices.text import NoticeText, as_page, text_of_test
from portal.monitoring.outages.models import NoticeState

SEND, TEST = "notices.send", "notices.test"
OPEN = (OperationState.WAITING, OperationState.RUNNING)


def _each_says(_operation: Operation) -> Truth:
    return OperationState.FAILED, "Each notice says whether it was sent.", None


def _may_have_arrived(_operation: Operation) -> Truth:
    return OperationState.FAILED, "The test notice may have arrived.", None


@job(SEND, title="Send notices of outages", queue=Queue.QUICK, reconcile=_each_says)
def send(progress: Progress, _operation: Operation) -> JsonDict:
    """Send what waits, to all addresses at once."""
    send_email = email_sender()
    sent = others = 0
    while waiting := waiting_notices():
        db.session.rollback()
        progress.check_alive()
        for result in send_notices(waiting, send_email):
            progress.say(f"{result.state.capitalize()}: {result.answer}")
            sent += result.state is NoticeState.SENT
            others += result.state is not NoticeState.SENT
    rest = f", {others} not" if others else ""
    return {"sentence": f"{sent} sent{rest}."}


@job(TEST, title="Send a test notice", queue=Queue.QUICK, reconcile=_may_have_arrived)
def send_test(_progress: Progress, operation: Operation) -> JsonDict:
    """Raises Conflict if the address did not confirm it."""
    destination = destination_of(address_by_id(int(operation.arguments["address"])))
    text = text_of_test(operation.requested_by_name)
    db.session.rollback()
    result = deliver_within(destination, text, email_sender())
    if result.state is not NoticeState.SENT:
        raise Conflict(f"{destination.name}: {result.answer}")
    return {"sentence": f"{destination.name} confirmed the test notice."}


@every_tick
def look_after_notices() -> None:
    """Record what is due, settle what was lost, and queue an operation that sends; commits."""
    plan_notices(now())
    with read_and_release():
        asked = select(Operation.id).where(Operation.kind == SEND, Operation.state.in_(OPEN))
        is_busy = db.session.scalar(asked.limit(1)) is not None
        lost = [] if is_busy else sending_notices()
        is_due = not is_busy and bool(waiting_notices())
    if lost:
        settle_lost(lost)
    if is_due:
        request_operation(SEND, by=SYSTEM)
        db.session.commit()


def email_sender() -> SendEmail:
    """Through MAIL_URL; what it needs of the settings is read now, not in the thread."""
    config = settings()
    transport = transport_for(config.mail, is_demo=is_demo())
    db.session.rollback()
    sender = config.mail.sender

    def send_email(destination: Destination, text: NoticeText) -> NoticeResult:
        envelope = Envelope(
            to_name=destination.person,
            to_address=destination.email or "",
            from_name=sender.display_name,
            from_address=sender.addr_spec,
        )
        return _handed_over(transport, envelope, text)

    return send_email


def _handed_over(transport: Transport, envelope: Envelope, text: NoticeText) -> NoticeResult:
    number = f"<{uuid4()}@{envelope.from_address.rpartition('@')[2]}>"
    try:
        letter = build(
            envelope,
            subject=" ".join(text.title.split()),
            html=as_page(text),
            text=text.body,
            message_id=number,
            at=now(),
        )
        return NoticeResult(NoticeState.SENT, transport.deliver(letter))
    except Invalid as error:
        return NoticeResult(NoticeState.FAILED, str(error))
    except OutcomeUnknown as error:
        return NoticeResult(NoticeState.UNKNOWN, error.answer)
    except NotDelivered as error:
        may_retry = isinstance(error, Temporary)
        return NoticeResult(NoticeState.FAILED, error.answer, may_retry=may_retry)
