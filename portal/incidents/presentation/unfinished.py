"""Which incidents are not over, as far as their reports tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from portal.incidents.report import Report

#: A report that states neither a status nor an end counts as not over for so long after its day: a
#: review written later rarely states a status, and is no incident that somebody forgot.
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Unfinished:
    """`silent` state neither a status nor an end nor a day, so nobody can tell."""

    reports: list[Report]
    silent: list[Report]


def unfinished(reports: Iterable[Report], *, today: date) -> Unfinished:
    """What is stated and not over, however old; and what is recent and states nothing."""
    not_over = [report for report in reports if not report.is_over]
    told = [each for each in not_over if each.states_status or _is_recent(each, today)]
    return Unfinished(told, [each for each in not_over if not each.states_status and not each.day])


def _is_recent(report: Report, today: date) -> bool:
    return report.day is not None and report.day >= today - RECENT
