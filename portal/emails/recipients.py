"""Whether the person whom a message is for may still get it, where it is addressed to."""

from portal.emails.models import Message
from portal.incidents.reports import reader_of_contact, report_outside


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


def against_attachments(message: Message) -> list[str]:
    """Which attached report is not theirs to read any more, such as after its share was taken back;
    asked again before it is sent, as what was approved waits for up to a day."""
    reader = reader_of_contact(message.contact)
    attached = [(each["name"], each.get("report")) for each in message.attachments]
    return [
        f"{message.contact.name} can’t read the report “{name}” any more, so it was not sent."
        for name, slug in attached
        if slug and not ((report := report_outside(slug)) and report.is_for(reader))
    ]
