"""The queue's file holds JSON: reading it runs nothing, and a damaged message loses nothing."""

import json
import pickle
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.audit.actor import NamedActor
from portal.core.storage.database import db
from portal.jobs.models import Queue
from portal.jobs.operations.lifecycle import new_operation
from portal.jobs.operations.recovery import find_forgotten, still_waits
from portal.jobs.operations.registry import job_named
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.messages import TASK, JsonSerializer
from portal.jobs.worker.queue import CONSUMED, carry_out_with, enqueued, queue_named
from tests.support.trials import examples

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
    assert json.loads(raw) == {"name": TASK, "args": [operation.id]}


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
    monkeypatch.setattr("portal.jobs.operations.service.enqueue", lambda *_: None)
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    queue.storage.enqueue(damaged)
    monkeypatch.setattr("portal.jobs.operations.recovery.OVERDUE", timedelta(0))
    find_forgotten(besides=set())
    assert queue.dequeue().args == [0]
    assert enqueued(Queue.QUICK) == {operation.id}
    assert not file.exists()


OURS = {"id": "a", "name": TASK, "args": [7], "kwargs": {}}


@pytest.mark.parametrize(
    "more",
    [
        {"kwargs": {"operation_id": 8}},
        {"on_complete": {**OURS, "args": [8]}},
        {"on_error": ["b", TASK, None, 9, 9, 9, [8], {}]},
        {"eta": "soon"},
        {"eta": 4102444800, "retries": 10**9, "retry_delay": 0, "expires": "never"},
        {"chord_config": ["a", 2, 0, OURS]},
        {"priority": 10**9, "timeout": -1},
    ],
    ids=lambda more: next(iter(more)),
)
def test_nothing_of_a_message_counts_but_its_integer(more: dict[str, object]) -> None:
    queue = queue_named(Queue.QUICK)
    queue.storage.enqueue(json.dumps({**OURS, **more}).encode())
    task = queue.dequeue()
    assert (task.args, task.kwargs, task.eta, task.retries) == ([7], {}, None, 0)
    assert (task.on_complete, task.on_error, task.expires, task.chord_config) == (None,) * 4
    assert task.timeout is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=9), each, max_size=3)
    ),
    max_leaves=8,
)
messages = st.fixed_dictionaries(
    {}, optional={"name": st.just(TASK) | json_values, "args": st.lists(json_values, max_size=2)}
)


@settings(max_examples=examples(40))
@given(
    st.binary(max_size=60) | (json_values | messages).map(lambda each: json.dumps(each).encode())
)
@example(b"[" * 100_000)
@example(b'{"name": "%s", "args": [%s]}' % (TASK.encode(), b"9" * 5000))
@example(b'{"name": "%s", "args": [18446744073709551616]}' % TASK.encode())
@example(b'{"name": "%s", "args": [-1]}' % TASK.encode())
@example(b'{"name": "%s", "args": [true]}' % TASK.encode())
def test_whatever_bytes_are_put_there_one_integer_is_read(data: bytes) -> None:
    message = JsonSerializer().deserialize(data)
    assert message.name == TASK
    assert not message.kwargs
    (number,) = message.args
    assert type(number) is int
    assert 0 <= number < 2**63


def test_a_row_of_a_revocation_stops_nothing(omar: NamedActor) -> None:
    queue = queue_named(Queue.QUICK)
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    task = queue.dequeue()
    for key in queue._revoke_keys(task):
        queue.storage.put_data(key, b"[null, false]")
    seen: list[object] = []
    carry_out_with(lambda *asked: seen.append(asked))
    queue.execute(task)
    assert seen == [(Queue.QUICK, operation.id)]


@pytest.mark.parametrize("queue", list(CONSUMED))
def test_an_operation_is_begun_by_its_own_queue_alone(omar: NamedActor, queue: Queue) -> None:
    """Put by hand into the other one, a long one would run beside the one that runs already."""
    quick = request_operation("sample.hello", by=omar)
    here = new_operation(
        job_named("sample.hello"), by=omar, target=None, arguments=None, subject=None
    )
    here.queue = Queue.HERE
    db.session.add(here)
    db.session.commit()
    assert still_waits(quick.id, in_queue=queue) is (quick.queue is queue)
    assert not still_waits(here.id, in_queue=queue)
