"""The reports of this instance, and which text of them who reads.

Staff read the file. Everybody else reads what left the staff: by a statement of the file, or by a
share, whose text stays the same while the file moves on.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from portal.accounts.models import Account, Contact, Organisation, Reading
from portal.core.errors import Invalid, NotFound
from portal.documents.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.contents import Contents, made_of
from portal.documents.document import Document, parse_document
from portal.documents.models import DocumentKind
from portal.documents.published import folder
from portal.incidents.models import ReportShare
from portal.incidents.report import Report, parse_report
from portal.incidents.report_view import ReportView
from portal.incidents.shares import open_share, open_shares, open_texts

#: By slug and SHA-256; what nobody shares any more is let go when there are so many others.
_parsed_shares: dict[tuple[str, str], Report | None] = {}
_KEPT_BESIDES = 500
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


@dataclass(frozen=True)
class _Alike:
    """Reports of which many are for the same readers: a reader is asked about once for each group,
    which is all that `Report.is_for` looks at."""

    reports: list[Report]
    groups: list[tuple[Audience, tuple[str, ...]]]
    samples: dict[tuple[Audience, tuple[str, ...]], Report]

    def read_by(self, reader: Reader) -> list[Report]:
        open_to = {group for group, sample in self.samples.items() if sample.is_for(reader)}
        pairs = zip(self.reports, self.groups, strict=True)
        return [report for report, group in pairs if group in open_to]


def all_reports() -> list[Report]:
    """The files as staff read them; the readable ones, newest first."""
    return list(made_of(_contents(), _readable))


def unreadable() -> list[Unreadable]:
    """The other files, by path."""
    return list(made_of(_contents(), _unreadable))


def years() -> list[str]:
    """Those in which something happened, the latest first."""
    return list(made_of(_contents(), _years))


def search_texts() -> dict[str, str]:
    """By slug what staff find a report by; for staff alone."""
    return made_of(_contents(), _search_texts)


def some_have_no_day() -> bool:
    return made_of(_contents(), _have_no_day)


def report_named(slug: str) -> Report:
    """The file as staff read it. Raises NotFound, or Invalid with file and line when it can't be
    read."""
    found = made_of(folder(DocumentKind.REPORT).get(slug), _report)
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
    contents = _contents()
    return newest_first([*made_of(contents, _stated), *_by_share(contents)])


def audience_now(file: Report, shared: Mapping[str, Report | None]) -> Audience:
    """Who reads a report at present, by its own words or by one of the open shares."""
    if file.facts.audience_is_given:
        return file.audience
    by_share = shared.get(file.slug)
    return by_share.audience if by_share and states_nothing(file) else Audience.INTERNAL


def state_of_files() -> object:
    """The same object while no file of a report has changed."""
    return _contents()


def files_by_slug() -> dict[str, Report]:
    """The readable files."""
    return dict(made_of(_contents(), _by_slug))


def shared_reports() -> dict[str, Report | None]:
    """By slug what clients would read by the shares that are open now."""
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
    """Those that this reader may read, in the text that they read; newest first."""
    if reader.is_staff:
        return all_reports()
    contents = _contents()
    stated = made_of(contents, _stated_alike).read_by(reader)
    by_share = [report for report in _by_share(contents) if report.is_for(reader)]
    return newest_first([*stated, *by_share]) if by_share else stated


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


def _contents() -> Contents:
    return folder(DocumentKind.REPORT).contents()


def _everything(contents: Contents) -> dict[str, Report | Invalid]:
    """By path: one file that nobody thought of never ends a list."""
    return {
        slug: each if isinstance(each, Invalid) else made_of(each, _report)
        for slug, each in contents.by_slug.items()
    }


def _by_slug(contents: Contents) -> dict[str, Report]:
    found = made_of(contents, _everything).items()
    return {slug: each for slug, each in found if isinstance(each, Report)}


def _readable(contents: Contents) -> list[Report]:
    return newest_first(made_of(contents, _by_slug).values())


def _unreadable(contents: Contents) -> list[Unreadable]:
    found = made_of(contents, _everything).items()
    return [Unreadable(slug, why) for slug, why in found if isinstance(why, Invalid)]


def _stated(contents: Contents) -> list[Report]:
    """Those that leave the staff because their file says so, newest first."""
    return [each for each in made_of(contents, _readable) if _outside(each, None)]


def _search_texts(contents: Contents) -> dict[str, str]:
    found = made_of(contents, _readable)
    return {each.slug: ReportView(each, STAFF).search_text for each in found}


def _have_no_day(contents: Contents) -> bool:
    return any(not each.day for each in made_of(contents, _readable))


def _stated_alike(contents: Contents) -> "_Alike":
    stated = made_of(contents, _stated)
    groups = [(each.audience, tuple(each.clients)) for each in stated]
    return _Alike(stated, groups, dict(zip(groups, stated, strict=True)))


def _by_share(contents: Contents) -> list[Report]:
    """The shared texts of those reports whose file says nothing else."""
    files = made_of(contents, _by_slug)
    return [
        report
        for slug, report in shared_reports().items()
        if report and (file := files.get(slug)) and states_nothing(file)
    ]


def _years(contents: Contents) -> list[str]:
    found = {str(each.day.year) for each in made_of(contents, _readable) if each.day}
    return sorted(found, reverse=True)


def _report(document: Document) -> Report | Invalid:
    try:
        return parse_report(document)
    except Exception:
        _log.exception("The report %s can't be read", document.slug)
        return Invalid(f"{document.name}, line 1: the report can't be read.")
