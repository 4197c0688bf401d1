"""Times to detect, acknowledge, inform and resolve: blank if not recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.durations import duration
from portal.documents.audiences.audience import Audience
from portal.incidents.parsing.updates import Update
from portal.incidents.timelines.times import between


@dataclass(frozen=True)
class Metric:
    """`value` is None if one of its two times is not recorded, or can't be right: `reason`."""

    name: str
    value: timedelta | None
    reason: str = ""

    @property
    def text(self) -> str:
        """Empty if not recorded; never a zero, which would be a claim."""
        if self.value is None:
            return ""
        return duration(self.value) if self.value >= timedelta(minutes=1) else "under 1 min"


def metrics_of(
    times: Mapping[str, datetime],
    updates: Iterable[Update],
    *,
    first_message: datetime | None = None,
) -> list[Metric]:
    """Each measured from the start of the incident.

    `first_message` is when the first email was sent; the first update counts if it was earlier.
    """
    started = times.get("started")
    public = [update.at for update in updates if update.audience is not Audience.INTERNAL]
    known = [min(public, default=None) if _comparable(public) else None, first_message]
    given = [at for at in known if at]
    right = [at for at in given if between(started, at) is not None]
    first = min(right, default=next(iter(given), None))
    ends = {
        "Time to detect": times.get("detected"),
        "Time to acknowledge": times.get("acknowledged"),
        "Time to first message": first,
        "Time to mitigate": times.get("mitigated"),
        "Time to resolve": times.get("resolved"),
    }
    return [_metric(name, started, end) for name, end in ends.items()]


def _metric(name: str, started: datetime | None, end: datetime | None) -> Metric:
    value = between(started, end)
    return Metric(name, value, "" if value is not None else _why_not(started, end))


def _why_not(started: datetime | None, end: datetime | None) -> str:
    if started is None:
        return "the start is not recorded"
    if end is None:
        return "the time is not recorded"
    if (started.tzinfo is None) is not (end.tzinfo is None):
        return "one of the two times has no zone"
    return "the time is before the start"


def _comparable(times: list[datetime]) -> bool:
    return len({at.tzinfo is None for at in times}) <= 1
