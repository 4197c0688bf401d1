"""Sends queued messages; each attempt is recorded before the server is contacted.

After any failure, a message that may have been sent is therefore never treated as unsent. Every
function here commits, and none holds a lock on the ops database during network access.
"""

import logging
import os
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile

from sqlalchemy import select, update

from portal.audit.actor import SYSTEM
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.logs.records import without_keys
from portal.core.storage.database import db, update_one
from portal.emails.delivery.approval_hash import is_as_approved
from portal.emails.delivery.link_keys import asks_for_key, filled_letter
from portal.emails.delivery.message_bytes import (
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Temporary,
    letter_of,
)
from portal.emails.delivery.outbox import check_letter, check_recipient, check_report, facts
from portal.emails.delivery.private_links import key_for_sending, settle_link
from portal.emails.delivery.transport import Transport
from portal.emails.live_updates.recipients import may_leave
from portal.emails.models import Attempt, AttemptOutcome, Message, MessageState
from portal.emails.old_keys import cover_keys_of
from portal.jobs.leases.holder import leased
from portal.jobs.processes import process_identity, this_host

# About a day in total: the first waits are for greylisting, the last for a server outage.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 480))
STATES = {
    AttemptOutcome.SENT: MessageState.SENT,
    AttemptOutcome.POSTPONED: MessageState.WAITING,
    AttemptOutcome.REFUSED: MessageState.FAILED,
    AttemptOutcome.UNKNOWN: MessageState.UNKNOWN,
}
OUTCOMES = {
    Temporary: AttemptOutcome.POSTPONED,
    Permanent: AttemptOutcome.REFUSED,
    OutcomeUnknown: AttemptOutcome.UNKNOWN,
}
RECORDED = {
    AttemptOutcome.SENT: Outcome.DONE,
    AttemptOutcome.REFUSED: Outcome.FAILED,
    AttemptOutcome.UNKNOWN: Outcome.FAILED,
}
UNDECIDED = (MessageState.SENDING, MessageState.UNKNOWN)
# A person requested a resend, or withdrew it, too early.
AFTER_SUCCESS = (*UNDECIDED, MessageState.WAITING, MessageState.WITHDRAWN)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClaimedMessage:
    """A message claimed by this process, as plain values: reading them takes no lock.

    `key` is the key of its private link, which is stored nowhere else.
    """

    message_id: int
    number: int
    content: bytes = field(repr=False)
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AttemptResult:
    """The outcome of an attempt, with the server's response or the obstacle."""

    outcome: AttemptOutcome
    answer: str


def due_messages() -> list[int]:
    """The ids of the messages that are due, longest wait first."""
    query = select(Message.id).where(
        Message.state == MessageState.WAITING, Message.next_attempt_at <= now(), may_leave()
    )
    return list(db.session.scalars(query.order_by(Message.next_attempt_at, Message.id)))


def send_message(message_id: int, transport: Transport) -> AttemptResult | None:
    """Send one message if it is due and no other process has claimed it; None otherwise."""
    taken = take(message_id)
    if taken is None:
        return None
    ending = _deliver(taken, transport)
    conclude(taken.message_id, taken.number, ending)
    return ending


def take(message_id: int) -> ClaimedMessage | None:
    """Claim a due message and record the attempt; None if another process has claimed it, or if
    its update was held back or is not due.

    A message that differs from what was approved fails here. Its private link is created here too,
    so that it is recorded before the letter with its key is sent.
    """
    with leased() as lease:
        if not _claim(message_id):
            db.session.rollback()
            return None
        message = db.session.get_one(Message, message_id, populate_existing=True)
        db.session.add(_attempt(message, lease.uuid))
        number = message.attempts
        taken = _taken(message)
        db.session.commit()
    if isinstance(taken, AttemptResult):
        conclude(message_id, number, taken)
        return None
    return taken


def conclude(message_id: int, number: int, ending: AttemptResult) -> None:
    """Record the outcome of an attempt; a person's decision made meanwhile is kept.

    An attempt that was considered lost may still end with a more certain outcome. The message is
    locked first, in the same order as in `settle_lost`, which prevents deadlocks.
    """
    message = db.session.get_one(Message, message_id, populate_existing=True, with_for_update=True)
    wait = _next_wait(message)
    if ending.outcome is AttemptOutcome.POSTPONED and wait is None:
        ending = AttemptResult(
            AttemptOutcome.REFUSED, f"Given up after attempt {number}. {ending.answer}"
        )
    _end_attempt(message_id, number, ending)
    if _move(message_id, number, ending, wait):
        settle_link(message_id, ending.outcome)
        _record(message, ending)
    db.session.commit()


def _record(message: Message, ending: AttemptResult) -> None:
    if ending.outcome in RECORDED:
        record(
            f"message.{STATES[ending.outcome]}",
            message,
            by=SYSTEM,
            outcome=RECORDED[ending.outcome],
            details=facts(message),
            reason=ending.answer,
        )


def _taken(message: Message) -> ClaimedMessage | AttemptResult:
    try:
        return ClaimedMessage(message.id, message.attempts, *_letter_to_send(message))
    except (Invalid, Conflict, NotFound) as error:
        return AttemptResult(AttemptOutcome.REFUSED, error.sentence)


def _letter_to_send(message: Message) -> tuple[bytes, str | None]:
    """The approved letter, with the key of its private link if it has one.

    Raises Invalid, Conflict or NotFound if it may not be sent as it is.
    """
    cover_keys_of(message)  # for messages approved under an earlier release
    if not is_as_approved(message):
        raise Conflict("It was changed after it was approved, so it was not sent.")
    if message.copy is None:
        raise Conflict("There is no letter to send.")
    check_letter(letter_of(message.copy), message)
    check_recipient(message)
    check_report(message)
    if not asks_for_key(message.copy):
        return message.copy, None
    key = key_for_sending(message)
    return filled_letter(message.copy, key), key


def _deliver(taken: ClaimedMessage, transport: Transport) -> AttemptResult:
    """Deliver the letter. The stored response may quote it, so the key is removed from it."""
    try:
        answer = transport.deliver(letter_of(taken.content))
        return AttemptResult(AttemptOutcome.SENT, _without(taken.key, answer))
    except NotDelivered as error:
        return AttemptResult(OUTCOMES[type(error)], _without(taken.key, error.answer))
    except Exception as error:
        log.exception("Message %s could not be sent", taken.message_id)
        return AttemptResult(
            AttemptOutcome.UNKNOWN, f"An unexpected error ({type(error).__name__})."
        )


def _without(key: str | None, answer: str) -> str:
    return without_keys(answer.replace(key, "…") if key else answer)


def _claim(message_id: int) -> bool:
    return update_one(
        Message,
        Message.id == message_id,
        Message.state == MessageState.WAITING,
        Message.next_attempt_at <= now(),
        may_leave(),
        values={
            "state": MessageState.SENDING,
            "attempts": Message.attempts + 1,
            "next_attempt_at": None,
        },
    )


def _attempt(message: Message, lease: str) -> Attempt:
    return Attempt(
        message_id=message.id,
        number=message.attempts,
        host=this_host(),
        process=process_identity(os.getpid()),
        lease=lease,
    )


def _end_attempt(message_id: int, number: int, ending: AttemptResult) -> None:
    db.session.execute(
        update(Attempt)
        .where(Attempt.message_id == message_id, Attempt.number == number)
        .values(ended_at=now(), outcome=ending.outcome, answer=ending.answer)
        .execution_options(synchronize_session=False)
    )


def _move(message_id: int, number: int, ending: AttemptResult, wait: timedelta | None) -> bool:
    is_sent = ending.outcome is AttemptOutcome.SENT
    is_postponed = ending.outcome is AttemptOutcome.POSTPONED
    return update_one(
        Message,
        Message.id == message_id,
        Message.attempts == number,
        Message.state.in_(AFTER_SUCCESS if is_sent else UNDECIDED),
        values={
            "state": STATES[ending.outcome],
            "answer": ending.answer,
            "sent_at": now() if is_sent else None,
            "next_attempt_at": now() + wait if is_postponed and wait else None,
        },
    )


def _next_wait(message: Message) -> timedelta | None:
    """The delay after one more consecutive postponement; None when it was the last."""
    earlier = [each.outcome for each in message.tries if each.number < message.attempts]
    in_a_row = takewhile(lambda outcome: outcome is AttemptOutcome.POSTPONED, reversed(earlier))
    return dict(enumerate(WAITS)).get(sum(1 for _ in in_a_row))
