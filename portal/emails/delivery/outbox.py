"""Letting a message leave, and what a person decides about one that did or did not.

The rows are the truth: the worker sends what waits here. Each move is one counted update, so
that whoever comes second is told. The caller commits.
"""

from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.exc import IntegrityError

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.link_keys import covered_letter
from portal.emails.delivery.message_bytes import NotDelivered, envelope_of, letter_bytes, letter_of
from portal.emails.delivery.private_links import end_link, keep_link
from portal.emails.delivery.recipients import against_enclosed, against_recipient, against_report
from portal.emails.models import Message, MessageState
from portal.emails.review.already_sent import (
    WHOLE_REPORT,
    key_of_update,
    told_already,
    told_in_these_words,
)

LEFT_NOTHING = (MessageState.DRAFT, MessageState.WAITING, MessageState.FAILED)
UNDELIVERED = (MessageState.FAILED, MessageState.UNKNOWN)

VOID = dict.fromkeys(
    (
        *("seen_hash", "approved_at", "approved_by_id", "approved_by"),
        *("once_key", "next_attempt_at", "copy"),
    )
)


def queue_message(message: Message, *, letter: EmailMessage, seen_hash: str, by: Actor) -> None:
    """Approve what was seen and hand it to the worker, as these very bytes.

    Raises Conflict when the message is not a draft, was edited since, its contact has another
    address by now or was told of this update already; Invalid when the letter is another's.
    """
    if content_hash(message) != seen_hash:
        raise Conflict(
            "The message was changed after it was looked at.", remedy="Look at it again first."
        )
    _complete(letter)
    content = letter_bytes(letter_of(letter_bytes(letter)))  # as the worker will write it
    if covered_letter(content) != content:
        raise Invalid("The letter holds the key of a private link, and a copy of it is kept.")
    check_letter(letter_of(content), message)
    check_recipient(message)
    check_report(message)
    check_untold(message)
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
        next_attempt_at=now(),
        message_id=str(letter["Message-ID"]),
        copy=content,
    )
    record("message.approved", message, by=by, details={**facts(message), "hash": seen_hash})


def confirm_arrival(message: Message, *, by: Actor) -> None:
    """Somebody found out that a message in doubt arrived. Raises Conflict for any other one."""
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
    """Send what failed or is in doubt once more; only a person can. Raises Conflict otherwise.

    A private link in it is a new one then, and the one of before opens nothing.
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
    """Somebody found out that a message in doubt did not arrive, and it shall not be sent again;
    another one may tell the contact of the same update. Raises Conflict for any other one."""
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
    """Keep a message from leaving; another one may then tell the contact of the same update.

    Raises Conflict once it is on its way, or may be.
    """
    _take_back(message, MessageState.WITHDRAWN)
    record("message.withdrawn", message, by=by, details=facts(message))


def reopen_message(message: Message, *, by: Actor) -> None:
    """Make a draft of what has not left, to edit it: its approval is void, and it is addressed as
    its contact is now.

    Raises Conflict once it is on its way, or may be.
    """
    _take_back(message, MessageState.DRAFT)
    message.to_name, message.to_address = message.contact.name, message.contact.email
    record("message.reopened", message, by=by, details=facts(message))


def once_key(message: Message) -> str:
    mailing = message.mailing
    about = mailing.incident, mailing.template, mailing.update_key
    return key_of_update(*about, message.contact_id)


def check_untold(message: Message) -> None:
    """Raises Conflict when its contact was told the same thing, or in the same words, before."""
    mailing, contacts = message.mailing, [message.contact]
    name, remedy = message.contact.name, "Withdraw this draft, or write what is new."
    if told_already(mailing.incident, mailing.template, mailing.update_key, contacts):
        what = f"{name} was already sent a message about this update."
        if mailing.update_key == WHOLE_REPORT:
            what = f"{name} was already sent a message from this template about this incident."
        raise Conflict(what, remedy=remedy)
    if told_in_these_words(message):
        raise Conflict(f"{name} was already sent these very words.", remedy=remedy)


def facts(message: Message) -> dict[str, Any]:
    """What the audit log says of a message: no name, no address, no words of it."""
    return {"incident": message.mailing.incident, "contact": message.contact_id}


def check_letter(letter: EmailMessage, message: Message) -> None:
    """Raises Invalid when a letter is not addressed and titled as its message, or is for others."""
    try:
        envelope = envelope_of(letter)
    except NotDelivered as error:
        raise Invalid(error.answer) from None
    if envelope.recipient != message.to_address:
        raise Invalid("The letter is addressed to somebody else than the message.")
    if str(letter["Subject"]) != message.subject:
        raise Invalid("The letter has another subject than the message.")


def check_recipient(message: Message) -> None:
    """Raises Conflict when its contact may not get it where it is addressed to."""
    if against := against_recipient(message):
        raise Conflict(against[0])


def check_report(message: Message) -> None:
    """Raises Conflict when its report, or one that goes along, is not for its contact any more, or
    clients read another text of what goes along."""
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
    """Raises Conflict, with the words `otherwise`, when the message is in another state by now."""
    db.session.flush()
    statement = (
        update(Message)
        .where(Message.id == message.id, Message.state.in_(come_from))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    try:
        moved = cast(CursorResult[Any], db.session.execute(statement)).rowcount
    except IntegrityError:
        db.session.rollback()
        raise Conflict("The contact was already sent a message about this.") from None
    if not moved:
        raise Conflict(otherwise)
    db.session.refresh(message)
