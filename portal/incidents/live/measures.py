"""How long it took to detect, acknowledge, send a first message, mitigate and resolve.

By incident, and by month and severity.

A live incident whose report is published counts as its report. What is not recorded is left out of
a median, and said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.core.durations import duration
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.models import LiveIncident
from portal.incidents.origins import readers_of
from portal.incidents.parsing.metrics import Metric, metrics_of
from portal.incidents.parsing.updates import Update
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.report import Report

MONTHS = 12
NAMES = tuple(each.name for each in metrics_of({}, ()))


@dataclass(frozen=True)
class Measured:
    """One incident; `address` is the path of its page. `phase` is that of one which is not over."""

    title: str
    address: str
    day: date
    severity: Severity | None
    metrics: Sequence[Metric]
    phase: str = ""


@dataclass(frozen=True)
class Cell:
    """The incidents of a month and a severity. `known` are the values of one measure."""

    count: int
    known: tuple[timedelta, ...]

    @property
    def median(self) -> timedelta | None:
        if not self.known:
            return None
        return timedelta(seconds=median(each.total_seconds() for each in self.known))

    @property
    def text(self) -> str:
        if not self.count:
            return "none"
        middle = self.median
        if middle is None:
            return f"not recorded ({self.count})"
        words = duration(middle) if middle >= timedelta(minutes=1) else "under 1 min"
        few = "" if len(self.known) == self.count else f", {len(self.known)} recorded"
        return f"{words} ({self.count}{few})"


@dataclass(frozen=True)
class Table:
    """One measure: a row for each month, oldest first, a cell for each severity."""

    name: str
    severities: Sequence[Severity | None]
    rows: Sequence[tuple[date, Sequence[Cell]]]

    @property
    def headings(self) -> list[str]:
        return [each.value.capitalize() if each else "Not recorded" for each in self.severities]


def measured_live(
    since: date, first_messages: Mapping[int, datetime], *, without: Iterable[str]
) -> list[Measured]:
    """Published incidents since that day; `without`: the slugs of published reports."""
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC)
    query = (
        select(LiveIncident)
        .where(LiveIncident.published_at.is_not(None), LiveIncident.discarded_at.is_(None))
        .where(LiveIncident.started_at >= begin)
        .options(selectinload(LiveIncident.updates))
    )
    left_out = frozenset(without)
    rows = (row for row in db.session.scalars(query) if row.report_slug not in left_out)
    return [_of_live(row, first_messages.get(row.id)) for row in rows]


def measured_reports(
    since: date, reports: Iterable[Report], first_messages: Mapping[str, datetime]
) -> list[Measured]:
    """Those of a known day."""
    return [
        Measured(
            report.title,
            f"/ops/incidents/{report.slug}",
            report.day,
            report.severity,
            report.metrics_since(first_messages.get(report.slug)),
            "" if report.is_over else report.status_line or "status not stated",
        )
        for report in reports
        if report.day and report.day >= since
    ]


def first_month(today: date, months: int = MONTHS) -> date:
    number = today.year * 12 + today.month - months
    return date(number // 12, number % 12 + 1, 1)


def tables_of(measured: Sequence[Measured], today: date) -> list[Table]:
    """Only severities that occur; every month."""
    severities = [each for each in (*Severity, None) if any(m.severity is each for m in measured)]
    months = [first_month(today, number) for number in range(MONTHS, 0, -1)]
    return [
        Table(
            name, severities, [(month, _row(measured, month, severities, at)) for month in months]
        )
        for at, name in enumerate(NAMES)
    ]


def _row(
    measured: Sequence[Measured], month: date, severities: Sequence[Severity | None], at: int
) -> list[Cell]:
    here = [each for each in measured if each.day.replace(day=1) == month]
    return [
        _cell([each for each in here if each.severity is severity], at) for severity in severities
    ]


def _cell(found: Sequence[Measured], at: int) -> Cell:
    values = (each.metrics[at].value for each in found)
    return Cell(len(found), tuple(value for value in values if value is not None))


def _of_live(row: LiveIncident, first_message: datetime | None) -> Measured:
    times = {
        "started": row.started_at,
        "detected": row.detected_at,
        "acknowledged": row.acknowledged_at,
        "mitigated": row.mitigated_at,
        "resolved": row.resolved_at,
    }
    known = {name: at for name, at in times.items() if at}
    left = [
        Update(each.leaves_at, "", audience=audience)
        for each in row.updates
        if (audience := readers_of(row, each)[0]) is not Audience.INTERNAL
    ]
    metrics = metrics_of(known, left, first_message=first_message)
    address = f"/ops/incidents/live/{row.slug}"
    phase = "" if row.is_over else row.phase.value
    return Measured(row.title, address, row.started_at.date(), row.severity, metrics, phase)
