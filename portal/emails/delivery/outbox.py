"""Approving, withdrawing and resending messages, and decisions on unknown outcomes.

The rows are authoritative: the worker sends what is queued here. Each state change is one counted
update, so that the second of two concurrent changes is refused. The caller commits.
"""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db, update_one
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.link_keys import covered_letter
from portal.emails.delivery.message_bytes import NotDelivered, envelope_of, letter_bytes, letter_of
from portal.emails.delivery.private_links import end_link, keep_link
from portal.emails.delivery.recipients import against_enclosed, against_recipient, against_report
from portal.emails.models import Message, MessageState
from portal.emails.review.already_sent import (
    WHOLE_REPORT,
    key_of_update,
    message_with_same_text,
    messages_already_sent,
)

LEFT_NOTHING = (MessageState.DRAFT, MessageState.WAITING, MessageState.FAILED)
UNDELIVERED = (MessageState.FAILED, MessageState.UNKNOWN)

VOID = dict.fromkeys(
    (
        *("seen_hash", "approved_at", "approved_by_id", "approved_by"),
        *("once_key", "next_attempt_at", "copy"),
    )
)


def queue_message(
    message: Message,
    *,
    letter: EmailMessage,
    seen_hash: str,
    by: Actor,
    leaves_at: datetime | None = None,
) -> None:
    """Approve the message as seen and queue exactly these bytes for the worker, from then on.

    Raises Conflict when the message is not a draft, was edited since, its contact's address has
    changed or the contact was already informed of this update; Invalid when the letter does not
    belong to the message.
    """
    if content_hash(message) != seen_hash:
        raise Conflict(
            "The message was changed after it was reviewed.", remedy="Review it again first."
        )
    _complete(letter)
    content = letter_bytes(letter_of(letter_bytes(letter)))  # as the worker will write it
    if covered_letter(content) != content:
        raise Invalid("The letter holds the key of a private link, and a copy of it is kept.")
    check_letter(letter_of(content), message)
    check_recipient(message)
    check_report(message)
    check_not_sent_before(message)
    _move(
        message,
        (MessageState.DRAFT,),
        "This message is no draft any more.",
        state=MessageState.WAITING,
        seen_hash=seen_hash,
        approved_at=now(),
        approved_by_id=by.id,
        approved_by=by.name,
        once_key=once_key(message),
        next_attempt_at=leaves_at or now(),
        message_id=str(letter["Message-ID"]),
        copy=content,
    )
    record("message.approved", message, by=by, details={**facts(message), "hash": seen_hash})


def confirm_arrival(message: Message, *, by: Actor) -> None:
    """Record that a message with an unknown outcome arrived. Raises Conflict for any other one."""
    _move(
        message,
        (MessageState.UNKNOWN,),
        "This message is not in doubt.",
        state=MessageState.SENT,
        sent_at=now(),
    )
    keep_link(message.id)
    record("message.confirmed", message, by=by, details=facts(message))


def send_again(message: Message, *, by: Actor) -> None:
    """Resend a message that failed or whose outcome is unknown, on a person's request.

    Its private link is replaced by a new one, and the old link is withdrawn. Raises Conflict in any
    other state.
    """
    check_recipient(message)
    check_report(message)
    _move(
        message,
        UNDELIVERED,
        "Only a message that failed or is in doubt can be sent again.",
        state=MessageState.WAITING,
        next_attempt_at=now(),
    )
    end_link(message.id)
    record("message.sent-again", message, by=by, details=facts(message))


def confirm_loss(message: Message, *, by: Actor) -> None:
    """Record that a message with an unknown outcome did not arrive and must not be resent.

    Another message may then inform the contact of the same update. Raises Conflict for any other
    one.
    """
    _move(
        message,
        (MessageState.UNKNOWN,),
        "This message is not in doubt.",
        state=MessageState.WITHDRAWN,
        once_key=None,
    )
    end_link(message.id)
    record("message.lost", message, by=by, details=facts(message))


def withdraw_message(message: Message, *, by: Actor) -> None:
    """Withdraw an unsent message; another one may then inform the contact of the same update.

    Raises Conflict once it is being sent, or may have been.
    """
    _take_back(message, MessageState.WITHDRAWN)
    record("message.withdrawn", message, by=by, details=facts(message))


def reopen_message(message: Message, *, by: Actor) -> None:
    """Return an unsent message to draft for editing: its approval becomes void, and it is addressed
    to its contact's present name and address.

    Raises Conflict once it is being sent, or may have been, and for an update of a live incident.
    """
    if message.mailing.live_update_id is not None:
        raise Conflict(
            "A message of a live incident’s update is not edited on its own.",
            remedy="Hold the update back on the incident’s page, and send it with other words.",
        )
    _take_back(message, MessageState.DRAFT)
    message.to_name, message.to_address = message.contact.name, message.contact.email
    record("message.reopened", message, by=by, details=facts(message))


def once_key(message: Message) -> str:
    mailing = message.mailing
    about = mailing.incident, mailing.template, mailing.update_key
    return key_of_update(*about, message.contact_id)


def check_not_sent_before(message: Message) -> None:
    """Raises Conflict if its contact was already sent the same update, or the same text."""
    mailing, contacts = message.mailing, [message.contact]
    name, remedy = message.contact.name, "Withdraw this draft, or write what is new."
    if messages_already_sent(mailing.incident, mailing.template, mailing.update_key, contacts):
        what = f"{name} was already sent a message about this update."
        if mailing.update_key == WHOLE_REPORT:
            what = f"{name} was already sent a message from this template about this incident."
        raise Conflict(what, remedy=remedy)
    if message_with_same_text(message):
        raise Conflict(f"{name} was already sent these very words.", remedy=remedy)


def facts(message: Message) -> dict[str, Any]:
    """The facts for the audit log, without name, address or text."""
    return {"incident": message.mailing.incident, "contact": message.contact_id}


def check_letter(letter: EmailMessage, message: Message) -> None:
    """Raises Invalid if recipient or subject differ from the message's, or others get copies."""
    try:
        envelope = envelope_of(letter)
    except NotDelivered as error:
        raise Invalid(error.answer) from None
    if envelope.recipient != message.to_address:
        raise Invalid("The letter is addressed to somebody else than the message.")
    if str(letter["Subject"]) != message.subject:
        raise Invalid("The letter has another subject than the message.")


def check_recipient(message: Message) -> None:
    """Raises Conflict if the contact may not receive it at the message's address."""
    if against := against_recipient(message):
        raise Conflict(against[0])


def check_report(message: Message) -> None:
    """Raises Conflict if its report or an attached one is no longer for its contact, or if the text
    of an attached report has changed for clients.
    """
    enclosed = (against_enclosed(facts, message.contact) for facts in message.attachments)
    for against in (against_report(message), *enclosed):
        if against:
            raise Conflict(against[0])


def _complete(letter: EmailMessage) -> None:
    if not letter["Date"]:
        letter["Date"] = format_datetime(now())
    if not letter["Message-ID"]:
        letter["Message-ID"] = make_msgid(domain=letter["From"].addresses[0].domain)


def _take_back(message: Message, state: MessageState) -> None:
    late = "This message can't be taken back: it has left, or may have."
    if message.may_have_left:
        raise Conflict(late)
    _move(message, LEFT_NOTHING, late, state=state, **VOID)
    end_link(message.id)


def _move(
    message: Message, come_from: tuple[MessageState, ...], otherwise: str, **values: object
) -> None:
    """Raises Conflict with the sentence `otherwise` if the message is not in `come_from`."""
    db.session.flush()
    is_it = Message.id == message.id, Message.state.in_(come_from)
    try:
        moved = update_one(Message, *is_it, values=values)
    except IntegrityError:
        db.session.rollback()
        raise Conflict("The contact was already sent a message about this.") from None
    if not moved:
        raise Conflict(otherwise)
    db.session.refresh(message)
