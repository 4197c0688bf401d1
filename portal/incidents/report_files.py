"""Report files as staff read them, and the data that lists need of all of them.

Each result is cached with the contents of the folder, and made again when a file changes.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.core.errors import Invalid
from portal.documents.audiences.audience import STAFF, Audience, Reader
from portal.documents.document import Document
from portal.documents.folders.contents import Contents, cached_from
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import folder
from portal.incidents.report import Report, parse_report
from portal.incidents.report_view import ReportView

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unreadable:
    """A file that can't be read as a report, and why; shown to staff only."""

    slug: str
    why: Invalid

    @property
    def sentence(self) -> str:
        return self.why.sentence

    @property
    def remedy(self) -> str | None:
        return self.why.remedy

    def __str__(self) -> str:
        return str(self.why)


@dataclass(frozen=True)
class GroupedReports:
    """Reports grouped by audience: `Report.is_for` depends on nothing else, so that it is called
    once for each group.
    """

    reports: list[Report]
    groups: list[tuple[Audience, tuple[str, ...]]]
    samples: dict[tuple[Audience, tuple[str, ...]], Report]

    def read_by(self, reader: Reader) -> list[Report]:
        open_to = {group for group, sample in self.samples.items() if sample.is_for(reader)}
        pairs = zip(self.reports, self.groups, strict=True)
        return [report for report, group in pairs if group in open_to]


def contents_now() -> Contents:
    return folder(DocumentKind.REPORT).contents()


def everything(contents: Contents) -> dict[str, Report | Invalid]:
    """By path; an unexpected error in one file never fails the list."""
    return {
        slug: each if isinstance(each, Invalid) else cached_from(each, report_of)
        for slug, each in contents.by_slug.items()
    }


def by_slug(contents: Contents) -> dict[str, Report]:
    found = cached_from(contents, everything).items()
    return {slug: each for slug, each in found if isinstance(each, Report)}


def readable(contents: Contents) -> list[Report]:
    return newest_first(cached_from(contents, by_slug).values())


def unreadable_files(contents: Contents) -> list[Unreadable]:
    found = cached_from(contents, everything).items()
    return [Unreadable(slug, why) for slug, why in found if isinstance(why, Invalid)]


def stated(contents: Contents) -> list[Report]:
    """Reports visible outside of the staff by their file's statement, newest first."""
    return [each for each in cached_from(contents, readable) if states_readers(each)]


def states_readers(report: Report) -> bool:
    """Whether it is visible outside of the staff by its file's statement."""
    return report.facts.audience_is_given and report.audience is not Audience.INTERNAL


def texts_to_search(contents: Contents) -> dict[str, str]:
    found = cached_from(contents, readable)
    return {each.slug: ReportView(each, STAFF).search_text for each in found}


def have_no_day(contents: Contents) -> bool:
    return any(not each.day for each in cached_from(contents, readable))


def stated_by_audience(contents: Contents) -> GroupedReports:
    found = cached_from(contents, stated)
    groups = [(each.audience, tuple(each.clients)) for each in found]
    return GroupedReports(found, groups, dict(zip(groups, found, strict=True)))


def years_of(contents: Contents) -> list[str]:
    found = {str(each.day.year) for each in cached_from(contents, readable) if each.day}
    return sorted(found, reverse=True)


def report_of(document: Document) -> Report | Invalid:
    try:
        return parse_report(document)
    except Exception:
        _log.exception("The report %s can't be read", document.slug)
        return Invalid(f"{document.name}, line 1: the report can't be read.")


def newest_first(reports: Iterable[Report]) -> list[Report]:
    """By day, undated ones last; then by name."""
    by_name = sorted(reports, key=lambda report: report.slug)
    return sorted(by_name, key=lambda report: report.day or date.min, reverse=True)
