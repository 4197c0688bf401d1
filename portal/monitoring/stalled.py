"""Since when the worker, or what it does on a schedule, has not run: for the alerts of home."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core.clock import now
from portal.core.configuration.cron import newest_slot
from portal.core.configuration.settings import settings
from portal.core.durations import duration
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.jobs.leases.clocks import is_ahead
from portal.jobs.leases.workers import last_worker_lease
from portal.jobs.models import Schedule

LATE = timedelta(minutes=10)
"""After its time, until a schedule counts as missed: the worker begins within seconds."""


def worker_last_seen() -> str | None:
    """When a worker gave its last sign of life; None if that is not on record."""
    lease = last_worker_lease()
    if lease is None or is_ahead(at := lease.renewed_at):
        return None
    return f"It has not run since {_moment(at)}, {duration(max(timedelta(0), now() - at))} ago."


def missed_schedules() -> Iterator[str]:
    """A sentence for each schedule that has not begun at its time."""
    config, at = settings(), now()
    known = {
        "backups": ("Scheduled backups", config.backup_schedule),
        "sync": ("Scheduled syncs", config.sync_schedule),
    }
    for name, (title, expression) in known.items():
        begun = _begun().get(name) if expression else None
        if expression is None or begun is None:
            continue
        slot, begun_at = begun
        due = newest_slot(expression, at - LATE)
        if slot < due:
            since = f"since {_moment(begun_at)}" if begun_at else "yet"
            yield f"{title} have not begun {since}; the last ones were due {_moment(due)}."


@cached_until_commit()
def _begun() -> dict[str, tuple[datetime, datetime | None]]:
    """The slot of each schedule that was begun last, and when it was."""
    rows = db.session.execute(select(Schedule.name, Schedule.slot, Schedule.begun_at))
    return {name: (slot, begun_at) for name, slot, begun_at in rows}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
