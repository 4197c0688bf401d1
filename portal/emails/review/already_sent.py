"""Earlier messages and drafts about an incident, so that no contact is sent the same news twice."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from portal.accounts.models import Contact
from portal.core.storage.database import db
from portal.emails.models import Mailing, Message, MessageState

#: Used as update key if the message is about the report as a whole.
WHOLE_REPORT = "report"


def existing_drafts(
    incident: str, template: str, update_key: str, contacts: Sequence[Contact]
) -> list[Message]:
    """Drafts of the same template about the same update to some of these people, one for each."""
    query = (
        select(Message)
        .join(Message.mailing)
        .where(
            Message.state == MessageState.DRAFT,
            Mailing.incident == incident,
            Mailing.template == template,
            Mailing.update_key == update_key,
            Message.contact_id.in_([each.id for each in contacts]),
        )
        .order_by(Message.to_name, Message.id)
    )
    return list({each.contact_id: each for each in db.session.scalars(query)}.values())


def messages_already_sent(
    incident: str, template: str, update_key: str, contacts: Sequence[Contact]
) -> list[Message]:
    """Messages about the same news to some of these people that were sent or are queued.

    The same news is the same update, with any template; without an update, the same template.
    """
    query = _sent_messages(incident).where(
        Mailing.update_key == update_key, Message.contact_id.in_([each.id for each in contacts])
    )
    if update_key == WHOLE_REPORT:
        query = query.where(Mailing.template == template)
    return list(db.session.scalars(query))


def messages_repeated_by(message: Message) -> list[Message]:
    """Messages to the same contact that this one would repeat."""
    mailing = message.mailing
    about = mailing.incident, mailing.template, mailing.update_key
    same = message_with_same_text(message)
    return messages_already_sent(*about, [message.contact]) or ([same] if same else [])


def message_with_same_text(message: Message) -> Message | None:
    """A message to the same contact about the same update, or the report as a whole, with the same
    subject and text, from any template.
    """
    query = _sent_messages(message.mailing.incident).where(
        Mailing.update_key == message.mailing.update_key,
        Message.contact_id == message.contact_id,
        Message.subject == message.subject,
        Message.body == message.body,
        Message.id != message.id,
    )
    return db.session.scalars(query.limit(1)).first()


def messages_sent_about(incident: str) -> list[Message]:
    """Every message about an incident that was sent or is queued, newest first."""
    return list(db.session.scalars(_sent_messages(incident).order_by(Message.approved_at.desc())))


def key_of_update(incident: str, template: str, update_key: str, contact_id: int) -> str:
    """The unique key of what may be sent once, as in `messages_already_sent`.

    The database refuses the second of two concurrent approvals.
    """
    about = f"{update_key}:{template}" if update_key == WHOLE_REPORT else update_key
    return f"{incident}:{about}:{contact_id}"


def _sent_messages(incident: str) -> Select[Message]:
    return (
        select(Message)
        .join(Message.mailing)
        .where(Mailing.incident == incident, Message.once_key.is_not(None))
    )


def by_contact(incident: str) -> dict[int, list[Message]]:
    """Every message about an incident that was not withdrawn, by contact id."""
    found: dict[int, list[Message]] = {}
    query = select(Message).join(Message.mailing).where(Mailing.incident == incident)
    for each in db.session.scalars(query.where(Message.state != MessageState.WITHDRAWN)):
        found.setdefault(each.contact_id, []).append(each)
    return found
