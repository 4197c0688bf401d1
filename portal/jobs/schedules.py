"""What happens at set times: each time once, however many workers there are.

A time that passed while nobody was there is caught up with, once, and not for each time missed.
"""

from typing import Any, cast

from sqlalchemy import CursorResult, update

from portal.core.clock import now
from portal.core.cron import newest_slot
from portal.core.database import db
from portal.jobs.models import Schedule
from portal.jobs.recovery import looking


def is_due(name: str, expression: str) -> bool:
    """A quick look that takes no lock; `begin` decides. The first look begins nothing."""
    with looking():
        row = db.session.get(Schedule, name)
        return row is None or row.slot < newest_slot(expression, now())


def begin(name: str, expression: str) -> bool:
    """Take the time that is due, in the caller's transaction, together with what it asks for.

    False when another worker was faster, and the first time that a schedule is seen at all.
    """
    slot = newest_slot(expression, now())
    if db.session.get(Schedule, name) is None:
        db.session.add(Schedule(name=name, slot=slot))
        return False
    statement = (
        update(Schedule)
        .where(Schedule.name == name, Schedule.slot < slot)
        .values(slot=slot, begun_at=now())
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount == 1
