"""What a person was told, or is about to be told, of an incident before: nobody is told twice."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from portal.accounts.models import Contact
from portal.core.storage.database import db
from portal.emails.models import Mailing, Message, MessageState

#: In the place of an update's key: the message is about the report as a whole.
WHOLE_REPORT = "report"


def drafts_there(
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


def told_already(
    incident: str, template: str, update_key: str, contacts: Sequence[Contact]
) -> list[Message]:
    """Messages that tell some of these people the same thing, and left or are on their way.

    The same thing is the same update, whatever the template; without an update, the same template.
    """
    query = _told(incident).where(
        Mailing.update_key == update_key, Message.contact_id.in_([each.id for each in contacts])
    )
    if update_key == WHOLE_REPORT:
        query = query.where(Mailing.template == template)
    return list(db.session.scalars(query))


def told_the_same(message: Message) -> list[Message]:
    """What its contact was told already that this one says once more."""
    mailing = message.mailing
    about = mailing.incident, mailing.template, mailing.update_key
    in_these_words = told_in_these_words(message)
    return told_already(*about, [message.contact]) or ([in_these_words] if in_these_words else [])


def told_in_these_words(message: Message) -> Message | None:
    """What its contact was sent about the same update, or about the report as a whole, with the
    very same subject and text, whichever template it came from."""
    query = _told(message.mailing.incident).where(
        Mailing.update_key == message.mailing.update_key,
        Message.contact_id == message.contact_id,
        Message.subject == message.subject,
        Message.body == message.body,
        Message.id != message.id,
    )
    return db.session.scalars(query.limit(1)).first()


def told_of(incident: str) -> list[Message]:
    """Every message about an incident that left or is on its way, newest first."""
    return list(db.session.scalars(_told(incident).order_by(Message.approved_at.desc())))


def key_of_update(incident: str, template: str, update_key: str, contact_id: int) -> str:
    """What may leave once, as `told_already` says: the database keeps two from racing."""
    about = f"{update_key}:{template}" if update_key == WHOLE_REPORT else update_key
    return f"{incident}:{about}:{contact_id}"


def _told(incident: str) -> Select[Message]:
    return (
        select(Message)
        .join(Message.mailing)
        .where(Mailing.incident == incident, Message.once_key.is_not(None))
    )


def by_contact(incident: str) -> dict[int, list[Message]]:
    """Every message about an incident that was not withdrawn, under its contact's id."""
    found: dict[int, list[Message]] = {}
    query = select(Message).join(Message.mailing).where(Mailing.incident == incident)
    for each in db.session.scalars(query.where(Message.state != MessageState.WITHDRAWN)):
        found.setdefault(each.contact_id, []).append(each)
    return found
