"""A template's sample, filled in for a fictitious client."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

from portal.accounts.models import Contact, Organisation
from portal.audit.actor import NamedActor
from portal.documents.audiences.audience import Audience, Reader
from portal.emails.drafting.placeholder_values import REPORT_LINK, fills_itself, values_for
from portal.emails.drafting.placeholders import key_of
from portal.emails.drafting.template import Template

SAMPLE = "Robin Sample of Sample Voices"
SAMPLE_READER = Reader(Audience.CLIENTS, "sample")
_SENDER = NamedActor(name="The sender", role="ops")


def sample_values(template: Template) -> dict[str, str]:
    """By key: a fictitious client and incident, and each field's default or its name."""
    contact = Contact(
        name="Robin Sample",
        salutation="Robin",
        email="robin@example.com",
        time_zone="Europe/London",
        organisation=Organisation(slug="sample", name="Sample Voices"),
    )
    incident = SimpleNamespace(
        title="Search was slow",
        day=date(2026, 3, 9),
        started=datetime(2026, 3, 9, 9, 30, tzinfo=UTC),
        resolved=datetime(2026, 3, 9, 10, 10, tzinfo=UTC),
        affected=["search"],
        summary="Search answered slowly for 40 minutes.",
        duration_text="40 min",
        status="resolved",
        severity="minor",
    )
    fields = {
        key_of(each.name): each.default or f"({each.name})"
        for each in template.asked
        if each.default or not fills_itself(key_of(each.name))
    }
    values = values_for(contact, incident, sender=_SENDER, site_name="The directory")
    link = {REPORT_LINK: "https://example.com/client/links/sample"}
    return values | {"sender email": "sender@example.com"} | link | fields
