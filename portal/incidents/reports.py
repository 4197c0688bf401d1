"""The reports of this instance, and who reads which."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.accounts.models import Account, Contact, Organisation, Reading
from portal.core.errors import Invalid, NotFound
from portal.documents.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.document import Document
from portal.documents.models import DocumentKind
from portal.documents.published import folder
from portal.incidents.report import Report, parse_report

_KEPT = 2_000
_parsed: dict[tuple[str, Path | None, str], Report | Invalid] = {}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unreadable:
    """A file that can't be read as a report, and why; nobody but staff hears of it."""

    slug: str
    why: Invalid

    @property
    def sentence(self) -> str:
        return self.why.sentence

    @property
    def way_out(self) -> str | None:
        return self.why.way_out

    def __str__(self) -> str:
        return str(self.why)


def all_reports() -> list[Report]:
    """The readable ones, newest first."""
    return newest_first(found for found in _everything().values() if isinstance(found, Report))


def unreadable() -> list[Unreadable]:
    """The other files, by path."""
    found = _everything().items()
    return [Unreadable(slug, why) for slug, why in found if isinstance(why, Invalid)]


def report_named(slug: str) -> Report:
    """Raises NotFound, or Invalid with file and line when the file can't be read."""
    found = _report(folder(DocumentKind.REPORT).get(slug))
    if isinstance(found, Invalid):
        raise found
    return found


def title_of(slug: str) -> str:
    """What people call a report; its slug where it is gone or can't be read."""
    try:
        return report_named(slug).title
    except (NotFound, Invalid):
        return slug


def reports_for(account: Account) -> list[Report]:
    """Those that this account may read, newest first."""
    reader = reader_of(account)
    return [report for report in all_reports() if report.is_for(reader)]


def report_for(slug: str, account: Account) -> Report:
    """Raises NotFound for what is not there and for what is not for this account alike."""
    return report_for_reader(slug, reader_of(account))


def report_for_reader(slug: str, reader: Reader) -> Report:
    """Raises NotFound as `report_for` does."""
    try:
        report = report_named(slug)
    except (NotFound, Invalid):
        if reader.is_staff:
            raise
        raise NotFound("There is no such report.") from None
    if not report.is_for(reader):
        raise NotFound("There is no such report.")
    return report


def reader_of(account: Account) -> Reader:
    """Staff see everything; a client without an organisation sees what is for all clients."""
    if account.is_staff:
        return STAFF
    return reader_of_contact(account.contact) if account.contact else Reader(Audience.CLIENTS)


def reader_of_contact(contact: Contact) -> Reader:
    """Who is archived, or whose organisation is, is no client any more."""
    return PUBLIC if contact.is_archived else reader_of_organisation(contact.organisation)


def reader_of_organisation(organisation: Organisation) -> Reader:
    """Whoever belongs to it, as long as it is a client."""
    named_only = organisation.reading is Reading.NAMED
    return Reader(Audience.CLIENTS, organisation.slug, named_only=named_only)


def newest_first(reports: Iterable[Report]) -> list[Report]:
    """By day, undated ones last; then by name."""
    by_name = sorted(reports, key=lambda report: report.slug)
    return sorted(by_name, key=lambda report: report.day or date.min, reverse=True)


def _everything() -> dict[str, Report | Invalid]:
    """By path: one file that nobody thought of never ends a list."""
    found = folder(DocumentKind.REPORT).everything()
    return {
        slug: each if isinstance(each, Invalid) else _report(each) for slug, each in found.items()
    }


def _report(document: Document) -> Report | Invalid:
    """Parsed once for each text."""
    key = (document.slug, document.path, document.sha256)
    if key not in _parsed:
        if len(_parsed) >= _KEPT:
            _parsed.clear()
        _parsed[key] = _parse(document)
    return _parsed[key]


def _parse(document: Document) -> Report | Invalid:
    try:
        return parse_report(document)
    except Exception:
        _log.exception("The report %s can't be read", document.slug)
        return Invalid(f"{document.name}, line 1: the report can't be read.")
