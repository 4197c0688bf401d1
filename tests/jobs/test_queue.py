"""The queue's file holds JSON: reading it runs nothing, and a damaged message loses nothing."""

import json
import pickle
from datetime import timedelta
from pathlib import Path

import pytest

from portal.audit.actor import NamedActor
from portal.core.storage.database import db
from portal.jobs.models import Queue
from portal.jobs.operations.recovery import find_forgotten
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.queue import enqueued, queue_named

pytestmark = pytest.mark.usefixtures("app")


class Runs:
    """Writes a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.file,))


def test_a_message_is_json_that_names_the_operation(omar: NamedActor) -> None:
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    [raw] = queue_named(Queue.QUICK).storage.enqueued_items()
    assert json.loads(raw)["args"] == [operation.id]


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"id": "a", "name": "os.system", "args": ["ls"]}']
    + [
        b'{"id": "a", "name": "portal.jobs.queue.execute", "args": ["7"]}',
        b'{"more": 1}',
        "pickle",
    ],
)
def test_a_message_that_is_not_ours_runs_nothing_and_its_operation_is_found(
    omar: NamedActor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bytes | str
) -> None:
    file = tmp_path / "ran"
    if isinstance(damaged, str):
        damaged = pickle.dumps(Runs(file))
    queue = queue_named(Queue.QUICK)
    monkeypatch.setattr("portal.jobs.worker.notify.enqueue", lambda *_: None)
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    queue.storage.enqueue(damaged)
    monkeypatch.setattr("portal.jobs.operations.recovery.OVERDUE", timedelta(0))
    find_forgotten(besides=set())
    assert queue.dequeue().args == [0]
    assert enqueued(Queue.QUICK) == {operation.id}
    assert not file.exists()
