"""Values of placeholders, and how they are escaped and inserted into a text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from portal.accounts.models import Contact
from portal.audit.actor import Actor
from portal.core.clock import now
from portal.core.errors import Invalid
from portal.emails.drafting.placeholders import (
    key_of,
    placeholders_in,
    placeholders_in_line,
    replaced,
)

#: Characters with a meaning in Markdown or HTML at any position.
_MEANS = re.compile(r"[\\`*_\[\]<>&|~]|:(?=//)|(?<=www)\.|@", re.I)
#: Those with a meaning at the start of a line: heading, list, quote, rule, fence.
_STARTS = re.compile(r"^(?:[#+=:/.)-]|\d{1,9}(?=[.)]))")
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
#: A value that matches becomes a link.
_LINK = re.compile(r"https?://[^\s<>\"'`\\{}|^\[\]]+")


class IncidentFacts(Protocol):
    """The facts of an incident that messages use; a report has all of them."""

    @property
    def title(self) -> str: ...
    @property
    def day(self) -> date | None: ...
    @property
    def started(self) -> datetime | None: ...
    @property
    def resolved(self) -> datetime | None: ...
    @property
    def affected(self) -> list[str]: ...
    @property
    def summary(self) -> str | None: ...
    @property
    def duration_text(self) -> str | None: ...


@dataclass(frozen=True)
class Source:
    """A placeholder with an automatic value; `what` describes the value in lists."""

    name: str
    what: str


SOURCES = (
    Source("Client Name", "how the contact is addressed"),
    Source("Contact Name", "the contact’s whole name"),
    Source("Organisation", "the client’s name"),
    Source("Incident Title", "the report’s title"),
    Source("Incident Date", "the day of the incident, in the contact’s time zone"),
    Source("Incident Start", "when it began, in the contact’s time zone"),
    Source("Incident End", "when it was resolved, in the contact’s time zone"),
    Source("Duration", "how long it lasted"),
    Source("Status", "the incident’s current status"),
    Source("Severity", "how bad it was"),
    Source("Affected", "the parts that were affected"),
    Source("Summary", "the report’s summary"),
    Source("Today", "the day on which the message is made"),
    Source("Sender Name", "the person who creates the message"),
    Source("Sender Email", "their address"),
    Source("Site Name", "the directory’s name"),
    Source("Report Link", "a private link that opens the report without a login"),
)
ALIASES = {
    "organization": "organisation",
    "company": "organisation",
    "company name": "organisation",
    "your name": "sender name",
    "date": "incident date",
    "name": "client name",
}
REPORT_LINK = key_of("Report Link")


def values_for(
    contact: Contact, incident: IncidentFacts, *, sender: Actor, site_name: str
) -> dict[str, str]:
    """The values by key. A value that is not recorded is missing, so that its placeholder remains
    and is reported.
    """
    zone = ZoneInfo(contact.time_zone)
    day = incident.started.astimezone(zone).date() if incident.started else incident.day
    values = {
        "Client Name": contact.salutation,
        "Contact Name": contact.name,
        "Organisation": contact.organisation.name,
        "Incident Title": incident.title,
        "Incident Date": _day(day),
        "Incident Start": _moment(incident.started, zone),
        "Incident End": _moment(incident.resolved, zone),
        "Duration": incident.duration_text,
        "Status": getattr(incident, "status", None) or getattr(incident, "status_text", None),
        "Severity": getattr(incident, "severity", None),
        "Affected": ", ".join(incident.affected),
        "Summary": incident.summary,
        "Today": _day(now().astimezone(zone).date()),
        "Sender Name": sender.name,
        "Sender Email": getattr(sender, "email", None),
        "Site Name": site_name,
    }
    return {key_of(name): str(value) for name, value in values.items() if value}


def with_aliases(values: Mapping[str, str]) -> dict[str, str]:
    """The values, also under the aliases that templates use."""
    known = {also: values[name] for also, name in ALIASES.items() if name in values}
    return known | dict(values)


def fills_itself(key: str) -> bool:
    return ALIASES.get(key, key) in {key_of(source.name) for source in SOURCES}


def fill_body(markdown: str, values: Mapping[str, str]) -> str:
    """The Markdown with each value as typed: no markup or placeholder in a value takes effect."""
    written = {key: in_markdown(value) for key, value in with_aliases(values).items()}
    return replaced(markdown, placeholders_in(markdown), written)


def fill_subject(subject: str, values: Mapping[str, str]) -> str:
    """Plain text on one line. Raises Invalid when a value contains a line break."""
    found = placeholders_in_line(subject)
    filled = replaced(subject, found, {k: v.strip() for k, v in with_aliases(values).items()})
    return one_line(filled, "The subject")


def one_line(text: str, what: str) -> str:
    """The text, if it is one line; else raises Invalid: a line break could add a header."""
    if len(text.splitlines()) > 1 or _UNWANTED.search(text):
        raise Invalid(
            f"{what} must be one line of text.", remedy="Take the line break out.", field="subject"
        )
    return text


def in_markdown(value: str) -> str:
    """Escaped Markdown that reads as the text: a URL becomes a link, line ends stay."""
    text = _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if _LINK.fullmatch(text):
        return f"<{text}>"
    return "<br>".join(_written(line.strip()) for line in text.split("\n"))


def _written(line: str) -> str:
    line = _MEANS.sub(lambda found: _entity(found[0]), line)
    start = _STARTS.match(line)
    if not start:
        return line
    end = start.end() + line[start.end() - 1].isdigit()
    return line[: end - 1] + _entity(line[end - 1]) + line[end:]


def _entity(char: str) -> str:
    return f"&#{ord(char)};"


def _day(day: date | None) -> str | None:
    return f"{day.day} {day:%B %Y}" if day else None


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    if at is None:
        return None
    local = at.astimezone(zone)
    return f"{_day(local.date())}, {local:%H:%M} ({local.tzname() or zone.key})"
