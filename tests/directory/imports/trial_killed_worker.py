"""2,000 studios are imported by a real worker that is killed with SIGKILL three times meanwhile.

Its last result is in docs/proofs.md.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.directory.claims.models import Origin
from portal.directory.history.models import Change
from portal.directory.imports.files import upload_with
from portal.directory.models import StudioProfile
from tests.directory.imports.files import Room, csv_of, good
from tests.jobs.conftest import WorkerProcess, children_of, eventually

MANY, KILLS = 2_000, 3


@pytest.fixture
def worker(app: Flask, settings: Settings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings)
    worker.secret_key = str(app.secret_key)
    yield worker
    if worker.process and worker.process.poll() is None:
        worker.kill()


def count(model: type) -> int:
    found = db.session.scalar(select(func.count()).select_from(model)) or 0
    db.session.rollback()
    return found


@pytest.mark.timeout(600)
def test_each_row_is_imported_once(room: Room, worker: WorkerProcess) -> None:
    began = time.monotonic()
    upload, _ = room.checked(csv_of(*(good(each, city=f"Town {each}") for each in range(MANY))))
    room.ask_import(upload)
    killed_at = []
    for number in range(1, KILLS + 1):
        worker.start()
        wanted = MANY * number // (KILLS + 2)
        eventually(lambda wanted=wanted: count(StudioProfile) >= wanted, within=200)
        children = [psutil.Process(each) for each in children_of(worker.pid)]
        worker.kill()
        psutil.wait_procs(children, timeout=10)
        killed_at.append(count(StudioProfile))
    worker.start()
    eventually(lambda: upload_with(upload.id).state == "imported", within=300)
    assert upload_with(upload.id).ended == {"count": MANY, "left": {}, "stopped": None}
    assert all(number < MANY for number in killed_at)
    assert (count(StudioProfile), count(Origin), count(Change)) == (MANY,) * 3
    changes = Counter(db.session.scalars(select(Change.number)))
    assert set(changes.values()) == {1}
    said = f"killed after {killed_at} studios; all in {time.monotonic() - began:.0f} s\n"
    sys.stderr.write(said)
