"""Probes' rows as rounds of measurements leave them, and what the worker does after each round."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from portal.core.storage.database import db
from portal.incidents.live.models import LiveIncident
from portal.monitoring.notices.outbox import plan_notices
from portal.monitoring.outages.causes import react
from portal.monitoring.outages.models import Notice, NoticeKind, NoticeState, Outage
from portal.monitoring.probes.models import (
    Probe,
    ProbeKind,
    ProbeOutcome,
    ProbeResult,
    ProbeState,
)

START = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
UP, DOWN, UNKNOWN = ProbeState.UP, ProbeState.DOWN, ProbeState.UNKNOWN
INTERVAL, STEP = timedelta(seconds=30), timedelta(seconds=60)
SENTENCE = {
    "schema": "The database is at 0001, release c3ba9bd needs 9c41.",
    "home": "The start page answered with 503.",
    "ready": "/readyz answered with 503.",
    "database": "The server refused the connection.",
}


class Night:
    """A clock of its own, and the rounds of the worker."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def probe(self, key: str, *, public_name: str | None = None, **values: object) -> Probe:
        kind, _, target = key.partition(":")
        probe = Probe(
            key=key,
            kind=ProbeKind(kind),
            target=target or None,
            public_name=public_name,
            **{"state": UP, "state_since": self.at, "measured_at": self.at, **values},
        )
        db.session.add(probe)
        return probe

    def round(self, *, after: timedelta = INTERVAL, **states: ProbeState) -> None:
        """A round of measurements: `home__production=DOWN`; what is not named is up."""
        self.at += after
        named = {key.replace("__", ":"): state for key, state in states.items()}
        db.session.execute(update(Probe).values(measured_at=self.at))
        for probe in db.session.scalars(select(Probe)):
            if probe.state is not named.get(probe.key, UP):
                self._change(probe, named.get(probe.key, UP))
        db.session.commit()
        react(self.at)
        plan_notices(self.at)

    def pass_by(self, length: timedelta, **states: ProbeState) -> None:
        for _ in range(length // STEP):
            self.round(after=STEP, **states)

    def _change(self, probe: Probe, state: ProbeState) -> None:
        outcome = {UP: ProbeOutcome.PASSED, DOWN: ProbeOutcome.FAILED}.get(
            state, ProbeOutcome.INCONCLUSIVE
        )
        sentence = SENTENCE.get(probe.kind, "It failed.")
        probe.state, probe.state_since = state, self.at
        probe.outcome, probe.sentence = outcome, sentence
        result = ProbeResult(probe_id=probe.id, at=self.at, outcome=outcome, sentence=sentence)
        db.session.add(result)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def outages() -> list[Outage]:
    return list(db.session.scalars(select(Outage).order_by(Outage.id)))


def drafts() -> list[LiveIncident]:
    return list(db.session.scalars(select(LiveIncident).order_by(LiveIncident.id)))


def kinds() -> list[NoticeKind]:
    """Of the notices in their order, whatever the number of addresses."""
    query = select(Notice.outage_id, Notice.number, Notice.kind).distinct()
    rows = db.session.execute(query.order_by(Notice.number, Notice.outage_id))
    return [kind for _, _, kind in rows]


def count(state: NoticeState) -> int:
    query = select(func.count()).select_from(Notice).where(Notice.state == state)
    return db.session.scalar(query) or 0
