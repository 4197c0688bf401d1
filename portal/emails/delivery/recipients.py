"""Whether a message's contact may still receive it at the address it has."""

from portal.accounts.models import Contact
from portal.core.storage.database import JsonDict
from portal.emails.live_updates.recipients import against_update
from portal.emails.models import Message
from portal.incidents.reports import reader_of_contact, report_outside

STAFF_ONLY = "Only staff can read the report of this incident, so nothing about it can be sent."
CHANGED = (
    "The report, or what this client may read, was changed. Save it again under “Edit fields”."
)


def against_recipient(message: Message) -> list[str]:
    """Each reason against it, in one sentence; checked at approval and again before sending."""
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


def against_report(message: Message) -> list[str]:
    """Reasons why the incident's report, or the update that the message carries, must not reach the
    contact in its present state.
    """
    if message.mailing.live_update_id is not None:
        return against_update(message)
    contact, report = message.contact, report_outside(message.mailing.incident)
    if report is None:
        return [STAFF_ONLY]
    if not report.is_for(reader_of_contact(contact)):
        return [f"The report of this incident is not for {contact.name}."]
    return []


def against_enclosed(facts: JsonDict, contact: Contact) -> list[str]:
    """Reasons why an attached report in its present state may not be sent as it was attached."""
    if facts["report"] is None:
        return []
    report, reader = report_outside(facts["report"]), reader_of_contact(contact)
    if report is None:
        return [f"The report “{facts['report']}” is for staff alone, or can’t be read any more."]
    if not report.is_for(reader):
        return [f"The report “{report.title}” is not for this client."]
    if (report.sha256, reader.key) != (facts["report_sha256"], facts["reader"]):
        return [CHANGED]
    return []
