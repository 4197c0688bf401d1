"""Probes as they are now, and their days, for pages, commands and machines."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.monitoring.probes.days import DAYS, Day, availability, days_from, first_day
from portal.monitoring.probes.kinds import KINDS, name_of
from portal.monitoring.probes.models import (
    Probe,
    ProbeKind,
    ProbeOutcome,
    ProbeResult,
    ProbeSpan,
    ProbeState,
)
from portal.monitoring.probes.plan import why_not_set_up
from portal.monitoring.probes.recording import rule_of, standing_of
from portal.monitoring.probes.states import Known, is_within, state_at

__all__ = ["ProbeNow", "availability", "days_of", "days_of_all", "probes_now"]

NEVER = "Not measured yet."
LATEST = 30


@dataclass(frozen=True)
class ProbeNow:
    """A probe at a time. `state` is unknown where the last measurement is too old, in the future,
    or could not tell; `since` is when the state began, None if it is unknown. `is_recent`: whether
    the last measurement still counts."""

    id: int
    key: str
    kind: ProbeKind
    target: str | None
    name: str
    public_name: str | None
    state: ProbeState
    since: datetime | None
    measured_at: datetime | None
    milliseconds: int | None
    sentence: str
    outcome: ProbeOutcome | None
    is_recent: bool

    @property
    def is_up(self) -> bool:
        return self.state is ProbeState.UP

    @property
    def is_down(self) -> bool:
        return self.state is ProbeState.DOWN

    @property
    def is_in_doubt(self) -> bool:
        """Not down, and its last measurement failed: too few in a row."""
        return not self.is_down and self.is_recent and self.outcome is ProbeOutcome.FAILED

    @property
    def answers_again(self) -> bool:
        """Still down, and its last measurement passed: too few in a row."""
        return self.is_down and self.outcome is ProbeOutcome.PASSED


def all_probes() -> list[Probe]:
    """In the order of pages: production, other databases, the machine; then by kind."""
    kinds = list(KINDS)
    found = db.session.scalars(select(Probe)).all()
    return sorted(
        found, key=lambda row: (_rank(row.target), row.target or "", kinds.index(row.kind))
    )


def _rank(target: str | None) -> int:
    if target is None:
        return 3
    if target == "production":
        return 0
    return 1 if target.endswith("production") else 2


def is_measured(probe: Probe) -> bool:
    """Whether it is switched on and set up."""
    return probe.is_on and why_not_set_up(probe) is None


def probes_now(at: datetime) -> list[ProbeNow]:
    """Those that are measured, in one statement."""
    return [now_of(row, at) for row in all_probes() if is_measured(row)]


def state_of(row: Probe, at: datetime) -> ProbeState:
    """Unknown also for a probe that is switched off."""
    return state_at(standing_of(row), rule_of(row), at) if row.is_on else ProbeState.UNKNOWN


def now_of(row: Probe, at: datetime) -> ProbeNow:
    state = state_of(row, at)
    return ProbeNow(
        id=row.id,
        key=row.key,
        kind=row.kind,
        target=row.target,
        name=name_of(row),
        public_name=row.public_name,
        state=state,
        since=row.state_since if state is not ProbeState.UNKNOWN else None,
        measured_at=row.measured_at,
        milliseconds=row.milliseconds,
        sentence=row.sentence or NEVER,
        outcome=row.outcome,
        is_recent=row.is_on and is_within(row.measured_at, at, rule_of(row).reach),
    )


def probe_numbered(probe_id: int) -> Probe:
    """Raises NotFound."""
    probe = db.session.get(Probe, probe_id)
    if probe is None:
        raise NotFound("There is no such probe.", remedy="Look at /ops/monitoring.")
    return probe


def days_of(probe_id: int, at: datetime, days: int = DAYS) -> list[Day]:
    """From its spans alone, the oldest first: what lies between them is unknown."""
    query = _SPANS.where(ProbeSpan.probe_id == probe_id)
    rows = db.session.execute(query.where(ProbeSpan.until_at >= first_day(at, days)))
    return days_from([Known(*row[1:]) for row in rows], at, days)


def days_of_all(probes: Collection[Probe], at: datetime, days: int = DAYS) -> dict[int, list[Day]]:
    """The days of each of these probes, in one statement."""
    spans: dict[int, list[Known]] = {probe.id: [] for probe in probes}
    query = _SPANS.where(ProbeSpan.probe_id.in_(spans))
    for probe_id, state, began_at, until_at in db.session.execute(
        query.where(ProbeSpan.until_at >= first_day(at, days))
    ):
        spans[probe_id].append(Known(state, began_at, until_at))
    return {probe_id: days_from(of, at, days) for probe_id, of in spans.items()}


def latest_results(probe_id: int) -> list[ProbeResult]:
    """The newest first."""
    query = select(ProbeResult).where(ProbeResult.probe_id == probe_id)
    newest = query.order_by(ProbeResult.at.desc(), ProbeResult.id.desc()).limit(LATEST)
    return list(db.session.scalars(newest))


_SPANS = select(ProbeSpan.probe_id, ProbeSpan.state, ProbeSpan.began_at, ProbeSpan.until_at)
