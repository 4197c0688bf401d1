"""Tasks of the worker: measure what is due, store what was found, delete what is old."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app

from portal.core.clock import now
from portal.core.storage.database import db
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.worker.each_second import every_tick
from portal.monitoring.outages.causes import react
from portal.monitoring.probes.models import Probe
from portal.monitoring.probes.plan import Planned, needs_settling, planned_probes, settle
from portal.monitoring.probes.queries import all_probes, is_measured
from portal.monitoring.probes.recording import prune, record_round
from portal.monitoring.probes.rounds import Measured, Measurer, measure_all

PRUNE_EACH = 3600.0
Due = list[tuple[Planned, float]]


class Keeper:
    """What the worker remembers between two ticks: what it is measuring, and when it began last."""

    def __init__(self, measurer: Measurer) -> None:
        self.measurer = measurer
        self.begun: dict[str, datetime] = {}
        self.next_prune = float("-inf")

    def due(self, planned: Sequence[Planned], rows: Sequence[Probe], at: datetime) -> Due:
        by_key = {each.key: each for each in planned}
        return [
            (by_key[row.key], row.timeout_seconds)
            for row in rows
            if row.key in by_key and is_measured(row) and self._is_due(row, at)
        ]

    def _is_due(self, row: Probe, at: datetime) -> bool:
        """By the last measurement of any process; an inconclusive one only this process knows. A
        time in the future was written by a wrong clock."""
        if self.measurer.is_measuring(row.key):
            return False
        interval = timedelta(seconds=row.interval_seconds)
        times = [each for each in (row.measured_at, self.begun.get(row.key)) if each]
        return all(not timedelta(0) <= at - each < interval for each in times)


_keepers: dict[int, Keeper] = {}


def the_keeper() -> Keeper:
    """One for each application of this process."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if id(app) not in _keepers:
        _keepers.clear()
        _keepers[id(app)] = Keeper(Measurer(app))
    return _keepers[id(app)]


@every_tick
def measure_due_probes() -> None:
    """Store what was measured since the last tick, and begin what is due; commits."""
    keeper = the_keeper()
    keep(keeper.measurer.finished())
    planned, rows = planned_and_rows()
    at = now()
    for each, seconds in keeper.due(planned, rows, at):
        keeper.begun[each.key] = at
        keeper.measurer.begin(each, seconds)
    if time.monotonic() >= keeper.next_prune:
        keeper.next_prune = time.monotonic() + PRUNE_EACH
        prune()
        db.session.commit()


def planned_and_rows() -> tuple[list[Planned], list[Probe]]:
    """What should be measured, and its rows; commits if rows had to be added or changed."""
    with read_and_release():
        planned, rows = planned_probes(), all_probes()
        db.session.expunge_all()
    if needs_settling(planned, rows):
        settle(planned)
        db.session.commit()
        with read_and_release():
            rows = all_probes()
            db.session.expunge_all()
    return planned, rows


def keep(found: list[Measured]) -> None:
    """Store measurements in one transaction, and let outages react; commits."""
    if not found:
        return
    counted = record_round(found)
    db.session.commit()
    if counted:
        react(now())
        db.session.commit()


def measure_now() -> list[Measured]:
    """One round of all probes at once, for a command; commits."""
    planned, rows = planned_and_rows()
    by_key = {each.key: each for each in planned}
    wanted = [
        (by_key[row.key], float(row.timeout_seconds))
        for row in rows
        if row.key in by_key and is_measured(row)
    ]
    found = measure_all(current_app._get_current_object(), wanted)  # type: ignore[attr-defined]
    keep(found)
    return found
