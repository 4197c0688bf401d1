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
    """`value` is None if one of its two times is not recorded."""

    name: str
    value: timedelta | None

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
    first = min((at for at in known if at and between(started, at) is not None), default=None)
    ends = {
        "Time to detect": times.get("detected"),
        "Time to acknowledge": times.get("acknowledged"),
        "Time to first message": first,
        "Time to mitigate": times.get("mitigated"),
        "Time to resolve": times.get("resolved"),
    }
    return [Metric(name, between(started, end)) for name, end in ends.items()]


def _comparable(times: list[datetime]) -> bool:
    return len({at.tzinfo is None for at in times}) <= 1
