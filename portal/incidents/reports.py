"""The reports of this instance, and which text of each a reader gets.

Staff read the file. Everybody else reads what is visible outside of the staff: the file, if it
states an audience, or a shared text, which stays the same while the file changes.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

from portal.accounts.models import Account, Contact, Organisation, Reading
from portal.core.errors import Invalid, NotFound
from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.document import parse_document
from portal.documents.folders.contents import Contents, cached_from
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import folder
from portal.incidents.models import ReportShare
from portal.incidents.report import Report, parse_report
from portal.incidents.report_files import (
    Unreadable,
    by_slug,
    contents_now,
    have_no_day,
    newest_first,
    readable,
    report_of,
    stated_by_audience,
    states_readers,
    texts_to_search,
    unreadable_files,
    years_of,
)
from portal.incidents.report_view import ReportView
from portal.incidents.sharing.shares import open_share, open_shares, open_texts

#: By slug and SHA-256; texts no longer shared are dropped once there are so many more.
_parsed_shares: dict[tuple[str, str], Report | None] = {}
_KEPT_BESIDES = 500
_log = logging.getLogger(__name__)


def all_reports() -> list[Report]:
    """The readable files, as staff read them, newest first."""
    return list(cached_from(contents_now(), readable))


def unreadable() -> list[Unreadable]:
    """The other files, by path."""
    return list(cached_from(contents_now(), unreadable_files))


def years() -> list[str]:
    """The years with an incident, latest first."""
    return list(cached_from(contents_now(), years_of))


def search_texts() -> dict[str, str]:
    """By slug the text that staff search a report by; for staff only."""
    return cached_from(contents_now(), texts_to_search)


def some_have_no_day() -> bool:
    return cached_from(contents_now(), have_no_day)


def report_named(slug: str) -> Report:
    """The file as staff read it. Raises NotFound, or Invalid with file and line when it can't be
    read.
    """
    found = cached_from(folder(DocumentKind.REPORT).get(slug), report_of)
    if isinstance(found, Invalid):
        raise found
    return found


def title_of(slug: str) -> str:
    """The report's title for staff; its slug if it is missing or can't be read."""
    try:
        return report_named(slug).title
    except (NotFound, Invalid):
        return slug


def report_outside(slug: str) -> Report | None:
    """The text of a report visible outside of the staff: the file if it states an audience, else a
    shared text. None without either; the caller must still check `is_for`.
    """
    try:
        report = report_named(slug)
    except (NotFound, Invalid):
        return None
    return _outside(report, None if report.facts.audience_is_given else open_share(slug))


def audience_now(file: Report, shared: Mapping[str, Report | None]) -> Audience:
    """The present audience of a report, by its own statement or by one of the open shares."""
    if file.facts.audience_is_given:
        return file.audience
    by_share = shared.get(file.slug)
    return by_share.audience if by_share and states_nothing(file) else Audience.INTERNAL


def state_of_files() -> object:
    """The same object while no report file has changed."""
    return contents_now()


def files_by_slug() -> dict[str, Report]:
    """The readable files."""
    return dict(cached_from(contents_now(), by_slug))


def shared_reports() -> dict[str, Report | None]:
    """By slug the texts that clients read by the open shares."""
    global _parsed_shares  # noqa: PLW0603
    texts = open_texts()
    unknown = [slug for slug, text in texts.items() if (slug, text) not in _parsed_shares]
    for share in open_shares(unknown):
        shared_report(share)
    found = {slug: _parsed_shares.get((slug, text)) for slug, text in texts.items()}
    if len(_parsed_shares) > len(texts) + _KEPT_BESIDES:
        still = [(key, each) for key, each in list(_parsed_shares.items()) if key in texts.items()]
        _parsed_shares = dict(still)
    return found


def reports_for(reader: Reader) -> list[Report]:
    """The reports that this reader may read, in the text they read; newest first."""
    if reader.is_staff:
        return all_reports()
    contents = contents_now()
    found = cached_from(contents, stated_by_audience).read_by(reader)
    shared = [report for report in _by_share(contents) if report.is_for(reader)]
    return newest_first([*found, *shared]) if shared else found


def view_for(slug: str, reader: Reader) -> ReportView:
    """A report as this reader sees it. Raises NotFound both for a missing report and for one that
    is not for them; for staff also Invalid, if the file can't be read.
    """
    if reader.is_staff:
        return ReportView(report_named(slug), reader)
    report = report_outside(slug)
    if report is None:
        raise NotFound("There is no such report.")
    return ReportView(report, reader)


def shared_report(share: ReportShare) -> Report | None:
    """The text that was shared, for clients. None if by the present rules it states an audience
    itself, or may do so: then the share has no effect.
    """
    key, kept = (share.slug, share.sha256), _parsed_shares
    if key not in kept:
        kept[key] = _parsed_share(share)
    return kept[key]


def reader_of(account: Account) -> Reader:
    """Staff see everything; a client without an organisation sees what is for all clients."""
    if account.is_staff:
        return STAFF
    return reader_of_contact(account.contact) if account.contact else Reader(Audience.CLIENTS)


def reader_of_contact(contact: Contact) -> Reader:
    """An archived contact, or one of an archived organisation, is not a client."""
    return PUBLIC if contact.is_archived else reader_of_organisation(contact.organisation)


def reader_of_organisation(organisation: Organisation) -> Reader:
    """Any member of the organisation, while it is a client."""
    named_only = organisation.reading is Reading.NAMED
    return Reader(Audience.CLIENTS, organisation.slug, named_only=named_only)


def states_nothing(report: Report) -> bool:
    """Whether a click can share it: it states no audience, not even doubtfully. A name such as
    README does not prevent sharing.
    """
    if report.facts.audience_is_given:
        return False
    if not report.doubts:
        return True
    own = parse_report(report.document, as_shared=True)
    return not (own.facts.audience_is_given or own.doubts)


def _outside(report: Report, share: ReportShare | None) -> Report | None:
    """A valid statement decides; after an invalid one only staff read the report."""
    if report.facts.audience_is_given:
        return report if states_readers(report) else None
    return shared_report(share) if share and states_nothing(report) else None


def _parsed_share(share: ReportShare) -> Report | None:
    """Parsed by the present rules, which may have changed since it was shared."""
    try:
        document = replace(parse_document(share.source, share.slug), sha256=share.sha256)
        report = parse_report(document, as_shared=True)
    except Invalid:
        return None
    except Exception:
        _log.exception("What was shared of the report %s can't be read", share.slug)
        return None
    return None if report.facts.audience_is_given or report.doubts else report


def _by_share(contents: Contents) -> list[Report]:
    """The shared texts of reports whose file states no audience."""
    files = cached_from(contents, by_slug)
    return [
        report
        for slug, report in shared_reports().items()
        if report and (file := files.get(slug)) and states_nothing(file)
    ]
