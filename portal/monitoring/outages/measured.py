"""Since when a probe has failed, by its measurements."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from portal.core.storage.database import db
from portal.monitoring.probes.models import Probe, ProbeOutcome, ProbeResult


def first_failure(probe: Probe, at: datetime) -> datetime:
    """The first of the failed measurements in a row that took it down; never after `at`."""
    since = min(probe.state_since or at, at)
    each = timedelta(seconds=probe.interval_seconds + probe.timeout_seconds)
    measured = _between(probe, since - each * (probe.down_after + 1), at)
    passed = db.session.scalar(
        select(func.max(ProbeResult.at)).where(
            *measured, ProbeResult.at <= since, ProbeResult.outcome == ProbeOutcome.PASSED
        )
    )
    failed = select(func.min(ProbeResult.at)).where(
        *measured, ProbeResult.outcome == ProbeOutcome.FAILED
    )
    if passed is not None:
        failed = failed.where(ProbeResult.at > passed)
    return min(db.session.scalar(failed) or since, since)


def _between(probe: Probe, first: datetime, last: datetime) -> tuple[ColumnElement[bool], ...]:
    return ProbeResult.probe_id == probe.id, ProbeResult.at >= first, ProbeResult.at <= last
