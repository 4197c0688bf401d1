"""The worker at work: two queues, once each, in processes of their own."""

import os
import signal
from pathlib import Path

from portal.audit.actor import NamedActor
from portal.core.storage.database import db
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.lifecycle import new_operation
from portal.jobs.operations.queries import lines_after
from portal.jobs.operations.registry import job_named
from portal.jobs.worker.loop import StopRequest
from portal.jobs.worker.queue import enqueue
from tests.jobs.conftest import WorkerProcess, ask, eventually, pid_in, wait_for_end


def test_an_operation_is_carried_out_in_a_process_of_its_own(
    worker: WorkerProcess, omar: NamedActor
) -> None:
    worker.start()
    operation = wait_for_end(ask("sample.hello", omar))
    assert operation.state is OperationState.DONE
    assert operation.pid != worker.pid
    assert [line.text for line in lines_after(operation)] == ["hello"]


def test_a_quick_operation_does_not_wait_for_a_long_one_but_the_next_long_one_does(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start()
    long = ask("sample.long", omar, folder=str(folder))
    pid_in(folder)
    next_long = ask("sample.tally", omar, folder=str(folder))
    quick = wait_for_end(ask("sample.hello", omar))
    assert quick.is_done
    assert next_long.state is OperationState.WAITING
    (folder / "may-end").touch()
    assert wait_for_end(long).is_done
    assert wait_for_end(next_long).is_done


def test_an_operation_that_is_queued_twice_runs_once(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    operation = ask("sample.tally", omar, folder=str(folder))
    enqueue(operation.queue, operation.id)
    db.session.rollback()
    last = ask("sample.count", omar, to=1)
    worker.start()
    wait_for_end(last)
    assert operation.is_done
    assert (folder / "tally").read_text() == "x"


def test_a_row_that_is_in_no_queue_is_found(worker: WorkerProcess, omar: NamedActor) -> None:
    job = job_named("sample.hello")
    operation = new_operation(job, by=omar, target=None, arguments=None, subject=None)
    db.session.add(operation)
    db.session.commit()
    worker.start()
    assert wait_for_end(operation).is_done


def test_an_id_without_a_row_is_dropped(worker: WorkerProcess, omar: NamedActor) -> None:
    enqueue(job_named("sample.hello").queue, 4711)
    worker.start()
    assert wait_for_end(ask("sample.hello", omar)).is_done


def test_what_was_asked_for_before_the_worker_came_is_carried_out(
    worker: WorkerProcess, omar: NamedActor
) -> None:
    operations = [ask("sample.hello", omar) for _ in range(3)]
    worker.start()
    assert all(wait_for_end(operation).is_done for operation in operations)


def test_a_second_worker_is_refused(worker: WorkerProcess, omar: NamedActor) -> None:
    worker.start().ready()
    second = WorkerProcess(worker.settings)
    second.log = worker.settings.data / "second.log"
    second.start()
    assert second.process
    assert second.process.wait(timeout=30) == 1
    assert second.log.read_text() == "Error: Another worker already runs on these data.\n"


def test_without_the_control_rooms_database_it_says_what_to_do(worker: WorkerProcess) -> None:
    db.session.remove()
    db.engines["ops"].dispose()
    for file in worker.settings.data.glob("ops.sqlite3*"):
        file.unlink()
    worker.start()
    assert worker.process
    assert worker.process.wait(timeout=30) == 1
    said = worker.log.read_text().splitlines()
    assert len(said) == 1
    assert said[0].startswith("Error: There is no database at ")
    assert " For a first set-up, run: flask portal setup. " in said[0]


def test_a_worker_that_is_asked_to_end_lets_a_short_operation_finish(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start()
    operation = ask("sample.change", omar, folder=str(folder))
    pid_in(folder)
    assert worker.process
    worker.process.send_signal(signal.SIGTERM)
    for gate in ("may-commit", "may-end"):
        (folder / gate).touch()
    assert worker.process.wait(timeout=30) == 0
    db.session.rollback()
    assert operation.is_done


def test_a_worker_that_is_asked_to_end_stops_a_long_operation_before_it_commits(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start().warm()
    operation = ask("sample.long", omar, folder=str(folder))
    waiting = ask("sample.count", omar, to=1)
    pid_in(folder)
    assert worker.end(signal.SIGINT) == 0
    db.session.rollback()
    assert operation.state is OperationState.FAILED
    assert operation.outcome == "The worker was asked to end."
    assert waiting.state is OperationState.WAITING
    worker.start()
    assert wait_for_end(waiting).is_done


def test_it_gives_back_its_lease(worker: WorkerProcess) -> None:
    worker.start().ready()
    worker.end()
    db.session.rollback()
    assert not worker_is_alive()


def test_progress_is_seen_while_the_operation_runs(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start()
    operation = ask("sample.change", omar, folder=str(folder))
    eventually(lambda: lines_after(operation))
    assert [line.text for line in lines_after(operation)] == ["started"]
    assert db.session.get_one(Operation, operation.id).state is OperationState.RUNNING


def test_a_request_to_stop_is_heard_in_a_process_with_very_many_files():
    """`select` fails for descriptors from 1,024 on."""
    many = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    stopping = StopRequest()
    try:
        assert not stopping.wait(0)
        stopping.make()
        assert stopping.wait(0)
    finally:
        for each in (*many, stopping._reading, stopping._writing):
            os.close(each)
