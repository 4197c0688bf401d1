"""The reports of this instance, and which text of them who reads.

Staff read the file. Everybody else reads what left the staff: by a statement of the file, or by a
share, whose text stays the same while the file moves on.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from portal.accounts.models import Account, Contact, Organisation, Reading
from portal.core.errors import Invalid, NotFound
from portal.documents.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.document import Document, parse_document
from portal.documents.models import DocumentKind
from portal.documents.published import folder
from portal.incidents.models import ReportShare
from portal.incidents.report import Report, parse_report
from portal.incidents.report_view import ReportView
from portal.incidents.shares import open_share, open_shares

_KEPT = 2_000
_parsed: dict[tuple[str, Path | None, str], Report | Invalid] = {}
_parsed_shares: dict[tuple[str, str], Report | None] = {}
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
    """The files as staff read them; the readable ones, newest first."""
    return newest_first(found for found in _everything().values() if isinstance(found, Report))


def unreadable() -> list[Unreadable]:
    """The other files, by path."""
    found = _everything().items()
    return [Unreadable(slug, why) for slug, why in found if isinstance(why, Invalid)]


def report_named(slug: str) -> Report:
    """The file as staff read it. Raises NotFound, or Invalid with file and line when it can't be
    read."""
    found = _report(folder(DocumentKind.REPORT).get(slug))
    if isinstance(found, Invalid):
        raise found
    return found


def title_of(slug: str) -> str:
    """What staff call a report; its slug where it is gone or can't be read."""
    try:
        return report_named(slug).title
    except (NotFound, Invalid):
        return slug


def report_outside(slug: str) -> Report | None:
    """The text of a report that leaves the staff: the file where it says who reads it, else what
    somebody shared. None where nothing does; what leaves must still be asked `is_for`."""
    try:
        report = report_named(slug)
    except (NotFound, Invalid):
        return None
    return _outside(report, None if report.facts.audience_is_given else open_share(slug))


def reports_outside() -> list[Report]:
    """Of each report the text that leaves the staff, newest first."""
    shares = open_shares()
    found = [_outside(report, shares.get(report.slug)) for report in all_reports()]
    return newest_first(report for report in found if report)


def audiences_now() -> dict[str, Audience]:
    """By slug who reads each report at present."""
    outside = {report.slug: report.audience for report in reports_outside()}
    return {each.slug: outside.get(each.slug, Audience.INTERNAL) for each in all_reports()}


def reports_for(reader: Reader) -> list[Report]:
    """Those that this reader may read, in the text that they read; newest first."""
    if reader.is_staff:
        return all_reports()
    return [report for report in reports_outside() if report.is_for(reader)]


def view_for(slug: str, reader: Reader) -> ReportView:
    """A report as this reader sees it. Raises NotFound for what is not there and for what is not
    for them alike; for staff Invalid, too, where the file can't be read."""
    if reader.is_staff:
        return ReportView(report_named(slug), reader)
    report = report_outside(slug)
    if report is None:
        raise NotFound("There is no such report.")
    return ReportView(report, reader)


def shared_report(share: ReportShare) -> Report | None:
    """The text that was shared, for clients. None where by today's rules it says itself who reads
    it, or may say so: then nobody reads it by a share."""
    key = (share.slug, share.sha256)
    if key not in _parsed_shares:
        if len(_parsed_shares) >= _KEPT:
            _parsed_shares.clear()
        _parsed_shares[key] = _parsed_share(share)
    return _parsed_shares[key]


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


def states_nothing(report: Report) -> bool:
    """Whether a click can share it: its words say nothing of its readers, not even doubtfully. A
    name such as README is no obstacle for whoever shares the file by that name."""
    if report.facts.audience_is_given:
        return False
    if not report.doubts:
        return True
    own = parse_report(report.document, as_shared=True)
    return not (own.facts.audience_is_given or own.doubts)


def _outside(report: Report, share: ReportShare | None) -> Report | None:
    """A statement that was understood decides; one that was not leaves the report with staff."""
    if report.facts.audience_is_given:
        return None if report.audience is Audience.INTERNAL else report
    return shared_report(share) if share and states_nothing(report) else None


def _parsed_share(share: ReportShare) -> Report | None:
    """By the rules of today, which may have changed since it was shared."""
    try:
        document = replace(parse_document(share.source, share.slug), sha256=share.sha256)
        report = parse_report(document, as_shared=True)
    except Invalid:
        return None
    except Exception:
        _log.exception("What was shared of the report %s can't be read", share.slug)
        return None
    return None if report.facts.audience_is_given or report.doubts else report


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
