"""A worker with nothing to do locks nobody out: what hangs then hangs without the writer's lock."""

import pytest
from sqlalchemy import event

from portal.core.configuration.settings import settings as current_settings
from portal.core.storage.database import db
from portal.jobs.leases.holder import leased
from portal.jobs.worker import each_second
from portal.jobs.worker import loop as worker
from portal.jobs.worker.children import Children
from portal.jobs.worker.warm import WarmProcess
from portal.monitoring.tasks import measure_due_probes
from tests.databases import stage


@pytest.fixture
def settings(away_settings):
    return away_settings


def round_of_ticks(monkeypatch) -> None:
    """All that a second of the worker's life holds, also what comes every few seconds only."""
    monkeypatch.setattr(each_second, "_not_before", {})
    worker._tend(Children(["true"], WarmProcess(["true"], current_settings())))
    each_second.run_ticks()


def test_a_worker_that_finds_nothing_to_write_never_takes_the_writers_lock(app, away, monkeypatch):
    stage.place("development", studios=3)
    stage.place(studios=3)
    stage.operate("databases.backup")
    db.session.rollback()
    taken: list[str] = []

    def note(_connection, _cursor, statement, *_more):
        if statement == "BEGIN IMMEDIATE":
            taken.append(statement)

    monkeypatch.delitem(each_second._ticks, measure_due_probes)  # it finds what it measured
    with leased("worker"):
        for _ in range(2):  # what it asks for at its start, and once by the schedules
            round_of_ticks(monkeypatch)
        event.listen(db.engines["ops"], "before_cursor_execute", note)
        round_of_ticks(monkeypatch)

    assert taken == []
