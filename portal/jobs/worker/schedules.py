"""What happens at set times: each time once, however many workers there are.

A time that passed while nobody was there is caught up with, once, and not for each time missed.
One that lies in the future was noted by a wrong clock, and keeps nothing from being due.
"""

from typing import Any, cast

from sqlalchemy import CursorResult, update

from portal.core.clock import now
from portal.core.configuration.cron import newest_slot
from portal.core.storage.database import db
from portal.jobs.leases.clocks import AHEAD, is_ahead
from portal.jobs.models import Schedule
from portal.jobs.operations.recovery import looking


def is_due(name: str, expression: str) -> bool:
    """A quick look that takes no lock; `begin` decides. The first look begins nothing."""
    with looking():
        row, at = db.session.get(Schedule, name), now()
        return row is None or row.slot < newest_slot(expression, at) or is_ahead(row.slot, of=at)


def begin(name: str, expression: str) -> bool:
    """Take the time that is due, in the caller's transaction, together with what it asks for.

    False when another worker was faster, and the first time that a schedule is seen at all.
    """
    at = now()
    slot = newest_slot(expression, at)
    if db.session.get(Schedule, name) is None:
        db.session.add(Schedule(name=name, slot=slot))
        return False
    statement = (
        update(Schedule)
        .where(Schedule.name == name, (Schedule.slot < slot) | (Schedule.slot > at + AHEAD))
        .values(slot=slot, begun_at=at)
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount == 1
