"""Who gets a message of an update, and whether a message may still leave."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select

from portal.accounts.clients.queries import contacts_for_messages
from portal.accounts.models import Contact
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.emails.models import Mailing, Message
from portal.incidents.live.models import IncidentUpdate
from portal.incidents.live.view import is_for, may_know_of
from portal.incidents.reports import reader_of_contact

GONE = "The update is no more, so nothing about it is sent."
HELD = "The update was held back, so nothing about it is sent."


def recipients_of(audience: Audience, clients: Sequence[str]) -> list[Contact]:
    """One contact for each address, by organisation and name; none for what is for staff."""
    if audience is Audience.INTERNAL:
        return []
    found: dict[str, Contact] = {}
    for contact in contacts_for_messages():
        if is_for(reader_of_contact(contact), audience, clients):
            found.setdefault(contact.email.casefold(), contact)
    return list(found.values())


def against_update(message: Message) -> list[str]:
    """Reasons why the message of an update must not reach its contact."""
    update = db.session.get(IncidentUpdate, message.mailing.live_update_id)
    if update is None:
        return [GONE]
    if update.held_at:
        return [HELD]
    incident, reader = update.incident, reader_of_contact(message.contact)
    may_read = is_for(reader, update.audience, update.clients)
    if reader.is_staff or incident.discarded_at or not incident.published_at:
        return [f"The incident is not for {message.contact.name}."]
    if not may_read or not may_know_of(reader, incident):
        return [f"The update is not for {message.contact.name}."]
    return []


def may_leave() -> ColumnElement[bool]:
    """The condition on a message: it carries no update, or one that is due and not held back."""
    due = exists(
        select(IncidentUpdate.id).where(
            IncidentUpdate.id == Mailing.live_update_id,
            IncidentUpdate.held_at.is_(None),
            IncidentUpdate.leaves_at <= now(),
        )
    )
    mailing = select(Mailing.id).where(
        Mailing.id == Message.mailing_id, or_(Mailing.live_update_id.is_(None), due)
    )
    return exists(mailing)
