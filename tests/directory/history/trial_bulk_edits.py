"""5,000 studios are hidden at once, and shown again, by a real worker that is killed five times.

It is killed with SIGKILL while it changes studios, while it moves events into the audit log, and
while it takes the action back; twice its child is killed before it. Its last result is in
docs/proofs.md.
"""

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.audit.chain.verification import verify_log
from portal.audit.models import AuditEntry
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.directory.batches.requesting import MOST, request_batch, request_undo
from portal.directory.history.drained import DrainedEvent
from portal.directory.history.models import Batch, Change
from portal.directory.models import StudioProfile
from portal.directory.users.models import SiteEvent
from tests.directory.history.studios import REASON, make_studios
from tests.jobs.conftest import WorkerProcess, children_of, eventually

MADE_AT_ONCE = 500
LONG = 600.0


@pytest.fixture
def worker(app: Flask, settings: Settings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings)
    yield worker
    if worker.process and worker.process.poll() is None:
        worker.kill()


def count(model: type, *where: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def changes(batch_id: str) -> int:
    return count(Change, Change.batch_id == batch_id)


def kill(worker: WorkerProcess, *, first_the_child: bool) -> None:
    for number in children_of(worker.pid) if first_the_child else ():
        with suppress(psutil.NoSuchProcess):
            psutil.Process(number).send_signal(signal.SIGKILL)
    worker.kill()


def until(what: Callable[[], object]) -> None:
    eventually(what, within=LONG)


def finished(batch_id: str) -> bool:
    return db.session.get_one(Batch, batch_id, populate_existing=True).finished_at is not None


def test_each_studio_and_each_event_once(worker: WorkerProcess, ana) -> None:
    numbers = [
        number
        for part in range(MOST // MADE_AT_ONCE)
        for number in make_studios(MADE_AT_ONCE, owner=f"owner{part}-")
    ]
    began, kills = time.monotonic(), list[str]()
    hidden = request_batch("hide", numbers, by=ana, reason=REASON)

    for share, first_the_child in ((10, False), (40, True), (70, False)):
        worker.start()
        until(lambda share=share: changes(hidden) >= MOST * share // 100)
        kill(worker, first_the_child=first_the_child)
        kills.append(f"{changes(hidden):,} hidden")
        db.session.rollback()
    worker.start()
    until(lambda: finished(hidden))
    until(lambda: count(DrainedEvent) and count(SiteEvent))
    kill(worker, first_the_child=False)
    kills.append(f"{count(SiteEvent):,} events left")
    db.session.rollback()

    shown = request_undo(hidden, by=ana)
    worker.start()
    until(lambda: changes(shown) >= MOST // 2)
    kill(worker, first_the_child=True)
    kills.append(f"{changes(shown):,} shown again")
    db.session.rollback()
    worker.start()
    until(lambda: finished(shown) and not count(SiteEvent))
    took = time.monotonic() - began
    worker.end()

    assert (changes(hidden), changes(shown)) == (MOST, MOST)
    assert count(StudioProfile, StudioProfile.status == "active") == MOST
    assert db.session.get_one(Batch, shown).refused == {}
    query = select(AuditEntry.action, AuditEntry.canonical).where(
        AuditEntry.action.in_(("studio.hidden", "studio.returned"))
    )
    entries = db.session.execute(query).all()
    assert Counter(each.action for each in entries) == {
        "studio.hidden": MOST, "studio.returned": MOST,
    }  # fmt: skip
    uuids = {each.canonical.partition('"uuid":"')[2][:36] for each in entries}
    assert uuids == set(db.session.scalars(select(Change.id)))
    asked = select(AuditEntry.action).where(AuditEntry.action.like("batch.%"))
    assert sorted(db.session.scalars(asked)) == ["batch.requested", "batch.undone"]
    total = count(AuditEntry)
    assert verify_log().fault is None
    sys.stdout.write(
        f"killed at: {'; '.join(kills)}. {MOST:,} studios hidden and shown again in {took:.0f} s;"
        f" {len(entries):,} events in the audit log, each once; all {total:,} entries hold\n"
    )
