"""Up, down and unknown time of a probe by day, from its spans alone: gaps are unknown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.monitoring.probes.models import ProbeState
from portal.monitoring.probes.states import Known

DAYS = 90
ONE = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """Seconds of one day in UTC; together they are the part of the day that is over."""

    date: date
    up: float
    down: float
    unknown: float

    @property
    def known(self) -> float:
        return self.up + self.down

    @property
    def total(self) -> float:
        return self.known + self.unknown


def first_day(at: datetime, days: int = DAYS) -> datetime:
    """Midnight at the beginning of the first of the last `days` days, today included."""
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC) - ONE * (days - 1)


def days_from(spans: Iterable[Known], at: datetime, days: int = DAYS) -> list[Day]:
    """The oldest first. Nothing after `at` counts; overlapping time counts once, as down."""
    first = first_day(at, days)
    known = [each for each in spans if each.state is not ProbeState.UNKNOWN]
    whole = _by_day(known, first, at, days)
    down = _by_day([each for each in known if each.state is ProbeState.DOWN], first, at, days)
    found = []
    for number in range(days):
        begins = first + number * ONE
        over = (min(begins + ONE, at) - begins).total_seconds()
        up = max(0.0, whole[number] - down[number])
        unknown = max(0.0, over - whole[number])
        found.append(Day(begins.date(), up, down[number], unknown))
    return found


def availability(days: Sequence[Day]) -> float | None:
    """The share of known time in which it was up; None where nothing is known."""
    known = sum(day.known for day in days)
    return sum(day.up for day in days) / known if known else None


def unknown_share(days: Sequence[Day]) -> float:
    """The share of all time that is not known."""
    total = sum(day.total for day in days)
    return sum(day.unknown for day in days) / total if total else 1.0


def _by_day(spans: list[Known], first: datetime, last: datetime, days: int) -> list[float]:
    """The seconds of each day that the spans cover."""
    found, reached = [0.0] * days, first
    for each in sorted(spans, key=lambda span: span.began_at):
        begin, end = max(each.began_at, reached), min(each.until_at, last)
        while begin < end:
            number = (begin - first) // ONE
            part = min(end, first + (number + 1) * ONE)
            found[number] += (part - begin).total_seconds()
            begin = part
        reached = max(reached, end)
    return found
