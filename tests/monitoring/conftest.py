"""A control room with both directories, and the worker's task in this process."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from portal.monitoring import tasks
from portal.monitoring.probes.models import Probe, ProbeKind, ProbeSpan
from tests.support.databases import HEAD, LEGACY, make_database
from tests.support.waiting import wait_until


class Watch:
    """The worker's second, repeated until everything that was due is measured and stored."""

    def tick(self) -> None:
        tasks.measure_due_probes()
        db.session.rollback()

    def round(self) -> None:
        self.tick()
        wait_until(lambda: self.tick() or tasks.the_keeper().measurer.is_idle)

    def rounds(self, count: int, *, every: float = 30) -> None:
        for _ in range(count):
            self.round()
            self.later(every)

    def later(self, seconds: float) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime.fromisoformat("2026-11-30T12:00:00+00:00"), tick=False) as it:
        yield it


@pytest.fixture
def watch(app: Flask, clock: time_machine.Traveller) -> Iterator[Watch]:
    control_room(is_demo=True)
    db.session.commit()
    yield Watch(clock)
    tasks._keepers.clear()


@pytest.fixture
def directories(watch: Watch) -> None:
    make_database("development", HEAD, studios=1)
    make_database("production", LEGACY, studios=3)


@pytest.fixture
def probe() -> Callable[[str], Probe]:
    def named(key: str) -> Probe:
        db.session.rollback()
        return db.session.scalars(select(Probe).where(Probe.key == key)).one()

    return named


def only(*kinds: ProbeKind) -> None:
    """Switch all other probes off."""
    planned, _ = tasks.planned_and_rows()
    for row in db.session.scalars(select(Probe)):
        row.is_on = row.kind in kinds
    db.session.commit()
    assert planned


def spans(row: Probe) -> list[tuple[str, float, float]]:
    """State, and seconds before now."""
    query = select(ProbeSpan).where(ProbeSpan.probe_id == row.id).order_by(ProbeSpan.id)
    at = now()
    return [
        (
            str(each.state),
            (at - each.began_at).total_seconds(),
            (at - each.until_at).total_seconds(),
        )
        for each in db.session.scalars(query)
    ]
