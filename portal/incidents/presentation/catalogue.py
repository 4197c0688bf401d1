"""The list of reports for staff: filtered, searched, in pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from portal.core.paging import Page, page_of
from portal.documents.audiences.audience import Audience
from portal.incidents.parsing.vocabulary import Severity, Status
from portal.incidents.report import Report
from portal.incidents.report_files import Unreadable
from portal.incidents.reports import (
    all_reports,
    audience_now,
    search_texts,
    shared_reports,
    some_have_no_day,
    unreadable,
    years,
)

PAGE = 25
#: Filter value for a fact that a report does not state.
NONE = "none"
#: Filter value for a status that was not understood.
UNREAD = "unread"
_LONGEST = 200


@dataclass(frozen=True)
class Filters:
    """The filters of a search; an empty text does not filter."""

    q: str = ""
    severity: str = ""
    status: str = ""
    audience: str = ""
    year: str = ""

    @property
    def is_any(self) -> bool:
        return any(self.as_query().values())

    def as_query(self) -> dict[str, str]:
        """The query string of the same search."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def fits(self, report: Report, shared: Mapping[str, Report | None]) -> bool:
        """`shared` are the texts of reports that clients read by a share."""
        if self.severity and self.severity != (report.severity or NONE):
            return False
        if self.status and self.status != (report.status or _unread(report)):
            return False
        if self.audience and self.audience != audience_now(report, shared):
            return False
        return not self.year or self.year == (str(report.day.year) if report.day else NONE)


@dataclass(frozen=True)
class Catalogue:
    """`choices` are the available values of each filter; `audiences` maps slugs to the present
    audience of the page's reports.
    """

    page: Page[Report]
    wish: Filters
    choices: dict[str, list[str]]
    unreadable: list[Unreadable]
    total: int
    audiences: dict[str, Audience]


def read_filters(asked: Mapping[str, str]) -> Filters:
    """Invalid filter values are ignored."""
    values = {
        each.name: " ".join(asked.get(each.name, "")[:_LONGEST].split()) for each in fields(Filters)
    }
    known: dict[str, set[str]] = {
        "severity": {*Severity, NONE},
        "status": {*Status, UNREAD, NONE},
        "audience": {*Audience},
    }
    for name, allowed in known.items():
        values[name] = values[name] if values[name] in allowed else ""
    if not re.fullmatch(r"[0-9]{1,4}", values["year"]) and values["year"] != NONE:
        values["year"] = ""
    return Filters(**values)


def catalogue(wish: Filters, *, page: int = 1) -> Catalogue:
    """Newest first. The search looks in title and text."""
    reports, shared = all_reports(), shared_reports()
    shown = page_of(_found(wish, reports, shared), number=page, size=PAGE)
    choices: dict[str, list[str]] = {
        "severity": [*Severity, NONE],
        "status": [*Status, UNREAD, NONE],
        "audience": [*Audience],
        "year": years() + ([NONE] if some_have_no_day() else []),
    }
    return Catalogue(
        page=shown,
        wish=wish,
        choices=choices,
        unreadable=unreadable(),
        total=len(reports),
        audiences={each.slug: audience_now(each, shared) for each in shown.items},
    )


def _found(
    wish: Filters, reports: list[Report], shared: Mapping[str, Report | None]
) -> Sequence[Report]:
    words = wish.q.casefold().split()
    if any(value for name, value in wish.as_query().items() if name != "q"):
        reports = [each for each in reports if wish.fits(each, shared)]
    if not words:
        return reports
    texts = search_texts()
    return [each for each in reports if all(map(texts[each.slug].__contains__, words))]


def _unread(report: Report) -> str:
    return UNREAD if report.status_text else NONE
