"""Whether the person whom a message is for may still get it, where it is addressed to."""

from portal.emails.models import Message


def against_recipient(message: Message) -> list[str]:
    """Each reason why not, in one sentence; asked at approval and again before it is sent."""
    contact, found = message.contact, []
    if contact.archived_at or contact.organisation.archived_at:
        found.append(f"{contact.name} is archived.")
    if not contact.gets_messages:
        found.append(f"{contact.name} gets no messages.")
    if contact.account and contact.account.is_disabled:
        found.append(f"The login of {contact.name} is disabled.")
    if contact.email != message.to_address:
        found.append(
            f"{contact.name} has another address by now, and nothing is sent to the old one."
        )
    return found
