"""What the status page shows, as plain values: read from ops without waiting long.

Incidents are read through `portal.incidents.live.public` alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.clock import now
from portal.core.durations import duration
from portal.core.paging import Page
from portal.core.storage.busy import impatience
from portal.core.storage.database import db
from portal.incidents.live.public import (
    PublicIncident,
    going_on,
    next_leaving,
    past,
    public_incident,
)
from portal.incidents.views.status.version import LONGEST
from portal.monitoring.probes.days import Day, availability
from portal.monitoring.probes.models import Probe, ProbeState
from portal.monitoring.probes.queries import all_probes, days_of_all, state_of


@dataclass(frozen=True)
class PublicProbe:
    """`state` was true at the time of reading; `recent_until` is when it is too old to show."""

    id: int
    name: str
    state: ProbeState
    since: datetime | None
    measured_at: datetime | None
    is_on: bool
    recent_until: datetime
    days: tuple[Day, ...]

    def state_at(self, at: datetime) -> ProbeState:
        return self.state if at <= self.recent_until else ProbeState.UNKNOWN

    def is_inconclusive_at(self, at: datetime) -> bool:
        """Measured recently, and neither up nor down."""
        is_recent = self.is_on and at <= self.recent_until
        return is_recent and self.state is ProbeState.UNKNOWN and self.measured_at is not None

    @property
    def share(self) -> str:
        """“up 99.9 % of the known time; 3 h not measured”."""
        known = availability(self.days)
        unknown = sum(day.unknown for day in self.days)
        missing = f"{duration(unknown)} not measured" if unknown >= 1 else "measured without a gap"
        return (
            f"up {_percent(known)} of the known time; {missing}" if known is not None else missing
        )


@dataclass(frozen=True)
class StatusFacts:
    going_on: tuple[PublicIncident, ...]
    announced: tuple[PublicIncident, ...]
    past: Page[PublicIncident]
    probes: tuple[PublicProbe, ...]
    next_leaving: datetime | None


@dataclass(frozen=True)
class IncidentFacts:
    incident: PublicIncident
    next_leaving: datetime | None


def read_status(page: int) -> StatusFacts:
    at = _begin()
    with impatience():
        leaving, current = next_leaving(at), going_on(at)
        return StatusFacts(
            going_on=tuple(each for each in current if not each.is_announced),
            announced=tuple(each for each in current if each.is_announced),
            past=past(at, page=page),
            probes=_probes(at),
            next_leaving=leaving,
        )


def read_incident(slug: str) -> IncidentFacts:
    """Raises NotFound."""
    at = _begin()
    with impatience():
        return IncidentFacts(public_incident(slug), next_leaving(at))


def good_for(facts: StatusFacts | IncidentFacts) -> float:
    """Seconds for which the facts may be shown: not beyond the next update that appears."""
    if facts.next_leaving is None:
        return LONGEST
    return min(LONGEST, max(0.0, (facts.next_leaving - now()).total_seconds()))


def _begin() -> datetime:
    """The time is taken before the first statement: an update that leaves meanwhile is the next."""
    at = now()
    db.session.rollback()
    return at


def _probes(at: datetime) -> tuple[PublicProbe, ...]:
    rows = [each for each in all_probes() if each.public_name]
    days = days_of_all(rows, at)
    return tuple(_probe(each, tuple(days[each.id]), at) for each in rows)


def _probe(row: Probe, days: tuple[Day, ...], at: datetime) -> PublicProbe:
    patience = timedelta(seconds=2 * row.interval_seconds + row.timeout_seconds)
    is_past = row.measured_at is not None and row.measured_at <= at
    return PublicProbe(
        id=row.id,
        name=row.public_name or "",
        state=state_of(row, at),
        since=row.state_since,
        measured_at=row.measured_at if is_past else None,
        is_on=row.is_on,
        recent_until=(row.measured_at or at) + patience,
        days=days,
    )


def _percent(share: float) -> str:
    """Cut, not rounded: 100 % is said of nothing less."""
    return f"{int(share * 1000) / 10:g} %"
