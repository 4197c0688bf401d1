"""Unresolved incidents, according to their reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from portal.incidents.report import Report

#: A report without status and end counts as unresolved for this long after its day: a review
#: written later rarely states a status, and is no forgotten incident.
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class UnresolvedIncidents:
    """`silent` are reports without status, end and day, which can't be classified."""

    reports: list[Report]
    silent: list[Report]


def unresolved(reports: Iterable[Report], *, today: date) -> UnresolvedIncidents:
    """Reports that state an unresolved status, of any age; and recent ones that state nothing."""
    not_over = [report for report in reports if not report.is_over]
    stated = [each for each in not_over if each.states_status or _is_recent(each, today)]
    return UnresolvedIncidents(
        stated, [each for each in not_over if not each.states_status and not each.day]
    )


def _is_recent(report: Report, today: date) -> bool:
    return report.day is not None and report.day >= today - RECENT
