"""Writes: a visitor's message, the owner's answer, and what becomes of a message.

Each is one transaction of the directory, with the letter that it causes.
"""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from portal.core.clock import now
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import changing_directory, db, update_one
from portal.directory.folding import one_line
from portal.directory.messages.queries import is_id
from portal.directory.messages.recipients import Owner, Recipient, recipient_and_owner
from portal.directory.models import StudioProfile, User
from portal.directory.owners.models import SiteMessage
from portal.directory.presentation import UNNAMED
from portal.directory.users.letters import LetterKind, queue_letter

SENT_TWICE = timedelta(hours=1)
"""The same words of the same sender to the same owner within this time are one message."""
LASTS = timedelta(days=7)
"""A letter about a message is worth sending for so long, if mail fails."""
GONE = "There is no message at this address."


def send_message(slug: str, *, name: str, email: str, body: str) -> Recipient:
    """Store a visitor's message, and queue the letter to the owner. Raises NotFound where the
    studio takes none any more, Unavailable while the directory is read-only."""
    with changing_directory():
        recipient, owner = recipient_and_owner(slug)
        if not _was_sent_before(owner, email, body):
            _store(recipient, owner, name=name, email=email, body=body)
    return recipient


def _was_sent_before(owner: Owner, email: str, body: str) -> bool:
    same = (
        SiteMessage.user_id == owner.user_id,
        SiteMessage.sender_email == email,
        SiteMessage.body == body,
        SiteMessage.created_at > now() - SENT_TWICE,
    )
    return db.session.scalar(select(SiteMessage.id).where(*same).limit(1)) is not None


def _store(recipient: Recipient, owner: Owner, *, name: str, email: str, body: str) -> None:
    message = SiteMessage(
        id=str(uuid4()),
        user_id=owner.user_id,
        studio_number=recipient.number,
        sender_name=name,
        sender_email=email,
        body=body,
    )
    db.session.add(message)
    if owner.wants_mail:
        queue_letter(
            LetterKind.MESSAGE,
            owner.email,
            user_id=owner.user_id,
            about=message.id,
            details={"studio": recipient.name, "from": name},
            lasts=LASTS,
        )


def answer_message(
    user_id: int, message_id: str, *, body: str, revealed: str | None
) -> SiteMessage:
    """Answer a message of one's own, once, by a mail of this site.

    `revealed` is the owner's address as the form showed it, where the owner agreed to give it.
    Raises Conflict if it is another one by now, and if the message was answered before.
    """
    with changing_directory():
        message = _own(user_id, message_id)
        if message.answered_at is not None:
            raise Conflict(
                "This message was answered before, so nothing was sent again.",
                remedy="To write more, use your own mail.",
            )
        message.answered_at, message.answer = now(), body
        message.read_at = message.read_at or message.answered_at
        _queue_answer(message, body, _address_to_reveal(user_id, revealed))
    return message


def _address_to_reveal(user_id: int, revealed: str | None) -> str | None:
    email = db.session.scalar(select(User.email).where(User.id == user_id))
    if revealed is not None and revealed != email:
        raise Conflict(
            "Your address was changed meanwhile, so nothing was sent.",
            remedy="Look at which address would be given, and choose again.",
        )
    return revealed


def _queue_answer(message: SiteMessage, body: str, reply_to: str | None) -> None:
    query = select(StudioProfile.name).where(StudioProfile.user_id == message.user_id)
    details = {"studio": one_line(db.session.scalar(query)) or UNNAMED, "body": body}
    if reply_to is not None:
        details["reply_to"] = reply_to
    queue_letter(
        LetterKind.REPLY, message.sender_email, about=message.id, details=details, lasts=LASTS
    )


def mark_read(user_id: int, message_id: str) -> None:
    """Once; a message that was read before stays as it is."""
    mine = (SiteMessage.id == message_id, SiteMessage.user_id == user_id)
    with changing_directory():
        update_one(SiteMessage, *mine, SiteMessage.read_at.is_(None), values={"read_at": now()})


def delete_message(user_id: int, message_id: str) -> str:
    """For good; returns the sender's name."""
    with changing_directory():
        message = _own(user_id, message_id)
        name = message.sender_name
        db.session.delete(message)
    return name


def _own(user_id: int, message_id: str) -> SiteMessage:
    """Read again within the transaction. Raises NotFound for another owner's message too."""
    query = select(SiteMessage).where(SiteMessage.id == message_id, SiteMessage.user_id == user_id)
    found = db.session.scalar(query.with_for_update()) if is_id(message_id) else None
    if found is None:
        raise NotFound(GONE)
    return found
