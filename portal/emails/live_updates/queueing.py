"""Puts the messages of an update into the outbox, and takes them out again. The caller commits.

The act that writes the update approves its messages: the same transaction has both, or neither.
"""

from collections.abc import Iterable

from sqlalchemy import select

from portal.accounts.models import Account, Contact
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.outbox import queue_message, withdraw_message
from portal.emails.live_updates.checks import require_sendable
from portal.emails.live_updates.letters import UpdateFacts, body_of, facts_of, subject_of
from portal.emails.live_updates.recipients import recipients_of
from portal.emails.models import Mailing, Message, MessageState
from portal.emails.review.approval import letter_for
from portal.incidents.live.models import IncidentUpdate, LiveIncident

TEMPLATE = "live-update"


def queue_updates(updates: Iterable[IncidentUpdate], *, by: Account) -> list[Message]:
    """One message to each person of each update, to leave at the update's time.

    Raises Invalid while something blocks it: nothing of the act is done then.
    """
    return [message for update in updates for message in _queue(update, by=by)]


def withdraw_held(incident: LiveIncident, *, by: Account) -> None:
    """Withdraw the messages of updates that are held back. Raises Conflict if one has left."""
    for update in incident.updates:
        for message in messages_of(update) if update.held_at else ():
            if message.state is not MessageState.WITHDRAWN:
                withdraw_message(message, by=by)


def messages_about(incident: LiveIncident) -> dict[int, list[Message]]:
    """By the id of the update that they carry."""
    found: dict[int, list[Message]] = {each.id: [] for each in incident.updates}
    query = select(Mailing.live_update_id, Message).join(Message.mailing)
    about = Mailing.incident == incident.slug, Mailing.live_update_id.is_not(None)
    for number, message in db.session.execute(
        query.where(*about).order_by(Message.to_name, Message.id)
    ):
        found.setdefault(number or 0, []).append(message)
    return found


def messages_of(update: IncidentUpdate) -> list[Message]:
    query = select(Message).join(Message.mailing).where(Mailing.live_update_id == update.id)
    return list(db.session.scalars(query.order_by(Message.to_name, Message.id)))


def _queue(update: IncidentUpdate, *, by: Account) -> list[Message]:
    facts, incident = facts_of(update), update.incident
    require_sendable(facts, audience=incident.audience, clients=incident.clients)
    contacts = recipients_of(update.audience, update.clients)
    if not contacts:
        return []
    mailing = _mailing(update, by=by)
    db.session.add(mailing)
    mailing.messages.extend(_message(facts, contact) for contact in contacts)
    db.session.flush()
    for message in mailing.messages:
        queue_message(
            message,
            letter=letter_for(message, reply_to=by.email),
            seen_hash=content_hash(message),
            by=by,
            leaves_at=update.leaves_at,
        )
    return list(mailing.messages)


def _mailing(update: IncidentUpdate, *, by: Account) -> Mailing:
    """It has neither report nor template."""
    return Mailing(
        incident=update.incident.slug,
        report_sha256="",
        template=TEMPLATE,
        template_sha256="",
        update_key=f"{TEMPLATE}:{update.id}",
        live_update_id=update.id,
        created_by_id=by.id,
        created_by=by.name,
    )


def _message(facts: UpdateFacts, contact: Contact) -> Message:
    return Message(
        contact=contact,
        to_name=contact.name,
        to_address=contact.email,
        subject=subject_of(facts),
        body=body_of(facts, contact),
        fields={},
        attachments=[],
    )
