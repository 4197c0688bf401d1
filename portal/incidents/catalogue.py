"""The list of reports for staff: filtered, searched, in pages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from portal.core.paging import Page, page_of
from portal.documents.audience import STAFF, Audience
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.reports import Unreadable, all_reports, audiences_now, unreadable
from portal.incidents.words import Severity, Status

PAGE = 25
#: A filter for what a report does not state.
NONE = "none"
#: A filter for a status in words that were not understood.
UNREAD = "unread"
_LONGEST = 200


@dataclass(frozen=True)
class Wish:
    """What somebody looks for; an empty text asks for nothing."""

    q: str = ""
    severity: str = ""
    status: str = ""
    audience: str = ""
    year: str = ""

    @property
    def is_any(self) -> bool:
        return any(self.as_query().values())

    def as_query(self) -> dict[str, str]:
        """For an address that asks the same again."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def fits(self, report: Report, audience: Audience) -> bool:
        """`audience` is who reads it at present, by its own words or by a share."""
        facts = [
            (self.severity, report.severity or NONE),
            (self.status, report.status or (UNREAD if report.status_text else NONE)),
            (self.audience, audience),
            (self.year, str(report.day.year) if report.day else NONE),
        ]
        return all(not wanted or wanted == found for wanted, found in facts)


@dataclass(frozen=True)
class Catalogue:
    """`choices` are the values of each filter that make sense here; `audiences` says by slug who
    reads a report at present."""

    page: Page[Report]
    wish: Wish
    choices: dict[str, list[str]]
    unreadable: list[Unreadable]
    total: int
    audiences: dict[str, Audience]


def read_wish(asked: Mapping[str, str]) -> Wish:
    """What is no value of a filter is not asked for."""
    values = {
        each.name: " ".join(asked.get(each.name, "")[:_LONGEST].split()) for each in fields(Wish)
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
    return Wish(**values)


def catalogue(wish: Wish, *, page: int = 1) -> Catalogue:
    """Newest first. A report is found by words that stand in its title or text."""
    reports, audiences = all_reports(), audiences_now()
    words = wish.q.casefold().split()
    found = [
        each for each in reports if wish.fits(each, audiences[each.slug]) and _holds(each, words)
    ]
    years = sorted({str(each.day.year) for each in reports if each.day}, reverse=True)
    choices: dict[str, list[str]] = {
        "severity": [*Severity, NONE],
        "status": [*Status, UNREAD, NONE],
        "audience": [*Audience],
        "year": [*years, *([NONE] if any(not each.day for each in reports) else [])],
    }
    return Catalogue(
        page=page_of(found, number=page, size=PAGE),
        wish=wish,
        choices=choices,
        unreadable=unreadable(),
        total=len(reports),
        audiences=audiences,
    )


def _holds(report: Report, words: list[str]) -> bool:
    if not words:
        return True
    text = ReportView(report, STAFF).search_text
    return all(word in text for word in words)
