"""Attachments of a message: reports as PDFs, as their reader may see them.

A message stores no bytes, only the sources of its attachments: the same text, reader and time zone
give the same PDF. If a report changes, what was reviewed is no longer what would be sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Protocol, TypeVar

from portal.accounts.models import Contact
from portal.core.errors import Invalid, NotFound
from portal.core.storage.database import JsonDict
from portal.emails.delivery.message_bytes import letter_of
from portal.emails.delivery.mime import Attachment
from portal.emails.delivery.recipients import CHANGED, against_enclosed
from portal.emails.drafting.template import REPORT, AttachmentLine, Template
from portal.emails.drafting.template_library import template_named
from portal.emails.models import Message
from portal.incidents.pdf import report_pdf
from portal.incidents.report import Report
from portal.incidents.reports import all_reports, reader_of_contact, report_outside, view_for

PDF = "application/pdf"


class HasDay(Protocol):
    """The name and day by which an attachment refers to a report."""

    @property
    def slug(self) -> str: ...
    @property
    def day(self) -> date | None: ...


@dataclass(frozen=True)
class Dated:
    """A report with only its name and day."""

    slug: str
    day: date | None


Found = TypeVar("Found", bound=HasDay)


def enclosures(template: Template, report: Report, contact: Contact) -> list[JsonDict]:
    """The template's attachments for this contact; a line that names no file is skipped."""
    reader = reader_of_contact(contact)
    found = []
    for wish in template.attachments:
        if wish.path is not None:
            wanted = _as_clients_read_it(report_of_path(wish, report))
            found.append(
                {
                    "name": f"{(wanted or report).slug}.pdf",
                    "type": PDF,
                    "report": wanted.slug if wanted else None,
                    "report_sha256": wanted.sha256 if wanted else None,
                    "wish": wish.text,
                    "reader": reader.key,
                    "zone": contact.time_zone,
                }
            )
    return found


def report_of_path(wish: AttachmentLine, report: Report) -> Report | None:
    """The report that a path refers to: this one, the one of that name, or the one of that day."""
    if wish.path == REPORT:
        return report
    return known_report(wish, [report, *all_reports()])  # staff refer to the files they see


def known_report(wish: AttachmentLine, known: Sequence[Found]) -> Found | None:
    named = (each for each in known if each.slug in (wish.whole, wish.slug))
    dated = (each for each in known if wish.day is not None and each.day == wish.day)
    return next(named, None) or next(dated, None)


def unknown_attachment(text: str, known: Sequence[HasDay]) -> str:
    """The error for an item that is neither “report” nor a known report."""
    said = f"The attachment “{text}” is neither “{REPORT}” nor a report that is here."
    near = get_close_matches(text.casefold(), [REPORT, *(each.slug for each in known)], n=1)
    return f"{said} Did you mean “{near[0]}”?" if near else said


def _as_clients_read_it(report: Report | None) -> Report | None:
    """The text that clients read; a report for staff only is kept, and blocks sending later."""
    return (report_outside(report.slug) or report) if report else None


def problems(message: Message) -> Iterator[str]:
    """Why the attachments block sending, each in one sentence."""
    yield from _mistyped_keys(message.mailing.template)
    for facts in message.attachments:
        if facts["report"] is None:
            yield unknown_attachment(facts["wish"], all_reports())
            continue
        if facts["report"] != message.mailing.incident:
            yield f"The attachment is the report of another incident, “{facts['report']}”."
        yield from _of_report(facts, message.contact)


def mistyped_key(key: str) -> bool:
    """Whether an unknown key of a template's front matter is meant as `attachments`."""
    return key != "attachments" and bool(
        get_close_matches(key.casefold(), ["attachments"], cutoff=0.7)
    )


def _mistyped_keys(template: str) -> Iterator[str]:
    try:
        meta = template_named(template).document.meta
    except (NotFound, Invalid):
        return
    for key in filter(mistyped_key, meta):
        yield f"The template’s key “{key}” is not known. Did you mean “attachments”?"


def _of_report(facts: JsonDict, contact: Contact) -> Iterator[str]:
    """Why this attachment blocks sending; a PDF shows times in its reader's time zone."""
    if against := against_enclosed(facts, contact):
        yield from against
    elif contact.time_zone != facts["zone"]:
        yield CHANGED


def attachments_of(message: Message) -> list[Attachment]:
    """All attachments. Raises NotFound, Invalid or Unavailable when one can't be made."""
    return [attachment(message, at) for at in range(len(message.attachments))]


def attachment(message: Message, at: int) -> Attachment:
    """The attachment; of an approved message exactly the approved bytes. Raises NotFound, and any
    error of making the PDF.
    """
    if not 0 <= at < len(message.attachments) or message.attachments[at]["report"] is None:
        raise NotFound("This message has no such attachment.")
    facts = message.attachments[at]
    if message.approved_copy:
        parts = list(letter_of(message.approved_copy).iter_attachments())
        return Attachment(facts["name"], parts[at].get_content(), facts["type"])
    view = view_for(facts["report"], reader_of_contact(message.contact))
    client = message.contact.organisation.name
    content = report_pdf(view, zone=facts["zone"], addressee=client)
    return Attachment(facts["name"], content, facts["type"])
