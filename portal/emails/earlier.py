"""What a person was told, or is about to be told, of an incident before: nobody is told twice."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.accounts.models import Contact
from portal.core.database import db
from portal.emails.models import Mailing, Message, MessageState


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


def told_already(incident: str, update_key: str, contacts: Sequence[Contact]) -> list[Message]:
    """Messages about the same update that left to these people, or are on their way."""
    keys = [key_of_update(incident, update_key, each.id) for each in contacts]
    return list(db.session.scalars(select(Message).where(Message.once_key.in_(keys))))


def key_of_update(incident: str, update_key: str, contact_id: int) -> str:
    """What may leave once: an update of an incident, to a contact."""
    return f"{incident}:{update_key}:{contact_id}"


def by_contact(incident: str) -> dict[int, list[Message]]:
    """Every message about an incident that was not withdrawn, under its contact's id."""
    found: dict[int, list[Message]] = {}
    query = select(Message).join(Message.mailing).where(Mailing.incident == incident)
    for each in db.session.scalars(query.where(Message.state != MessageState.WITHDRAWN)):
        found.setdefault(each.contact_id, []).append(each)
    return found
