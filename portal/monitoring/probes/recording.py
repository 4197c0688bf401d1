"""Measurements are stored: the state of each probe, its current span, and the result itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from portal.core.clock import now
from portal.core.storage.database import db
from portal.monitoring.probes.models import Probe, ProbeOutcome, ProbeResult, ProbeSpan
from portal.monitoring.probes.rounds import Measured
from portal.monitoring.probes.states import Known, Rule, Standing, is_repeated, measured

KEEP_PASSED, KEEP_RESULTS, KEEP_SPANS = timedelta(days=1), timedelta(days=7), timedelta(days=100)
"""Of every day but the last only what did not pass is kept: the spans say the rest."""


def rule_of(probe: Probe) -> Rule:
    return Rule(
        interval=timedelta(seconds=probe.interval_seconds),
        timeout=timedelta(seconds=probe.timeout_seconds),
        down_after=probe.down_after,
        up_after=probe.up_after,
    )


def standing_of(probe: Probe, span: ProbeSpan | None = None) -> Standing:
    return Standing(
        state=probe.state,
        since=probe.state_since,
        streak=probe.streak,
        measured_at=probe.measured_at,
        last=probe.outcome,
        span=known(span) if span else None,
    )


def known(span: ProbeSpan) -> Known:
    return Known(span.state, span.began_at, span.until_at)


def record_round(round_: Sequence[Measured]) -> list[Measured]:
    """Store these measurements, in the caller's transaction. Returns those that counted: not what
    another process measured for the same interval, and not of a probe that is gone or off."""
    keys = [each.key for each in round_]
    rows = {row.key: row for row in db.session.scalars(select(Probe).where(Probe.key.in_(keys)))}
    return [each for each in round_ if (row := rows.get(each.key)) and _record(row, each)]


def _record(row: Probe, one: Measured) -> bool:
    if not row.is_on or is_repeated(standing_of(row), rule_of(row), one.at):
        return False
    forget_future(row, one.at)
    is_broken = row.outcome is ProbeOutcome.INCONCLUSIVE
    span = None if is_broken else _last_span(row)
    change = measured(
        standing_of(row, span), rule_of(row), one.at, one.finding.outcome, _earlier(row)
    )
    _store_span(row, span, change.before, change.standing.span, is_new=change.is_new)
    after = change.standing
    row.state, row.state_since, row.streak = after.state, after.since, after.streak
    row.measured_at, row.outcome = after.measured_at, after.last
    row.sentence, row.milliseconds = one.finding.sentence, one.milliseconds
    db.session.add(
        ProbeResult(
            probe_id=row.id,
            at=one.at,
            outcome=one.finding.outcome,
            milliseconds=one.milliseconds,
            sentence=one.finding.sentence,
        )
    )
    db.session.flush()
    return True


def _store_span(
    row: Probe, stored: ProbeSpan | None, before: Known | None, after: Known | None, *, is_new: bool
) -> None:
    if stored and before:
        stored.until_at = before.until_at
    if after is None:
        return
    if is_new or stored is None:
        db.session.add(
            ProbeSpan(
                probe_id=row.id, state=after.state, began_at=after.began_at, until_at=after.until_at
            )
        )
    else:
        stored.until_at = after.until_at


def forget_future(row: Probe, at: datetime) -> None:
    """After the clock was set back, nothing is known of a time that is still to come."""
    if row.measured_at is None or row.measured_at <= at:
        return
    of = ProbeSpan.probe_id == row.id
    quietly = {"synchronize_session": False}
    result = ProbeResult.probe_id == row.id, ProbeResult.at > at
    db.session.execute(delete(ProbeResult).where(*result).execution_options(**quietly))
    db.session.execute(
        delete(ProbeSpan).where(of, ProbeSpan.began_at > at).execution_options(**quietly)
    )
    db.session.execute(
        update(ProbeSpan)
        .where(of, ProbeSpan.until_at > at)
        .values(until_at=at)
        .execution_options(**quietly)
    )
    if row.state_since and row.state_since > at:
        row.state_since = at


def _last_span(row: Probe) -> ProbeSpan | None:
    query = select(ProbeSpan).where(ProbeSpan.probe_id == row.id)
    return db.session.scalar(
        query.order_by(ProbeSpan.until_at.desc(), ProbeSpan.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _earlier(row: Probe) -> list[tuple[datetime, ProbeOutcome]]:
    query = select(ProbeResult.at, ProbeResult.outcome).where(ProbeResult.probe_id == row.id)
    newest = query.order_by(ProbeResult.at.desc(), ProbeResult.id.desc())
    most = max(row.down_after, row.up_after)
    return [(at, outcome) for at, outcome in db.session.execute(newest.limit(most))]


def prune(at: datetime | None = None) -> None:
    """Delete old results and spans, in the caller's transaction: each by the index of its probe."""
    at = at or now()
    for probe_id in db.session.scalars(select(Probe.id)).all():
        result, span = ProbeResult, ProbeSpan
        old = (result.outcome == ProbeOutcome.PASSED) & (result.at < at - KEEP_PASSED)
        is_old = old | (result.at < at - KEEP_RESULTS)
        db.session.execute(delete(result).where(result.probe_id == probe_id, is_old))
        db.session.execute(
            delete(span).where(span.probe_id == probe_id, span.until_at < at - KEEP_SPANS)
        )
