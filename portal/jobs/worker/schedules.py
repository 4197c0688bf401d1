"""Scheduled work: each time is started once, by any number of workers.

Times that passed while no worker ran are caught up once, not for each missed time. A time in the
future was written by a wrong clock and is ignored.
"""

from collections.abc import Callable

from portal.core.clock import now
from portal.core.configuration.cron import newest_slot
from portal.core.storage.database import db, update_one
from portal.jobs.leases.clocks import AHEAD, is_ahead
from portal.jobs.models import Schedule
from portal.jobs.operations.recovery import read_and_release


def when_due(name: str, expression: str, do: Callable[[], object]) -> None:
    """Do it if it is due and no other worker was faster; commits."""
    if not is_due(name, expression):
        return
    if begin(name, expression):
        do()
    db.session.commit()


def is_due(name: str, expression: str) -> bool:
    """A quick check without a lock; `begin` decides. The first check of a schedule starts
    nothing."""
    with read_and_release():
        row, at = db.session.get(Schedule, name), now()
        return row is None or row.slot < newest_slot(expression, at) or is_ahead(row.slot, of=at)


def begin(name: str, expression: str) -> bool:
    """Take the due time, in the caller's transaction together with what it requests.

    False when another worker was faster, and the first time that a schedule is seen.
    """
    at = now()
    slot = newest_slot(expression, at)
    if db.session.get(Schedule, name) is None:
        db.session.add(Schedule(name=name, slot=slot))
        return False
    is_due = (Schedule.slot < slot) | (Schedule.slot > at + AHEAD)
    values = {"slot": slot, "begun_at": at}
    return update_one(Schedule, Schedule.name == name, is_due, values=values)
