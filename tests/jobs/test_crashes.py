"""What a crash leaves, and what the operation says afterwards.

The sample job commits between its two gates; its reconcile looks for the commit.
"""

import os
import signal
from pathlib import Path

import psutil
import pytest

from portal.audit.actor import NamedActor
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from tests.jobs.conftest import WorkerProcess, ask, eventually, pid_in, wait_for_end


def begun(worker: WorkerProcess, omar: NamedActor, folder: Path, *, committed: bool) -> Operation:
    """An operation whose process stands before or after its commit."""
    worker.start()
    operation = ask("sample.change", omar, folder=str(folder))
    pid_in(folder)
    if committed:
        (folder / "may-commit").touch()
        eventually((folder / "committed").exists)
    return operation


def told(operation: Operation) -> tuple[OperationState, str]:
    wait_for_end(operation)
    said = operation.state, operation.outcome or ""
    db.session.rollback()
    return said


@pytest.mark.parametrize("committed", [False, True], ids=["before commit", "after commit"])
@pytest.mark.parametrize("killed", ["worker", "child", "both"])
def test_after_a_kill_the_operation_says_what_happened(
    worker: WorkerProcess, omar: NamedActor, folder: Path, killed: str, committed: bool
) -> None:
    operation = begun(worker, omar, folder, committed=committed)
    child = pid_in(folder)
    if killed in {"child", "both"}:
        os.kill(child, signal.SIGKILL)
    if killed in {"worker", "both"}:
        worker.kill()
        worker.start()
    state, outcome = told(operation)
    assert outcome.startswith("Its process ended in the middle")
    assert outcome.endswith("It had been committed." if committed else "Nothing was changed.")
    assert state is (OperationState.DONE if committed else OperationState.FAILED)


def test_a_killed_worker_takes_its_child_along(
    whole_worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    """All of it as in earnest: the child is a new Python that the worker started."""
    begun(whole_worker, omar, folder, committed=False)
    child = psutil.Process(pid_in(folder))
    whole_worker.kill()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running()


def test_a_killed_child_is_noticed_at_once(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    operation = begun(worker, omar, folder, committed=False)
    os.kill(pid_in(folder), signal.SIGKILL)
    wait_for_end(operation, within=30)
    assert "killed by signal 9" in (operation.outcome or "")


def test_without_a_way_to_tell_it_is_unknown(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start()
    operation = ask("sample.careless", omar, folder=str(folder))
    os.kill(pid_in(folder), signal.SIGKILL)
    assert told(operation)[0] is OperationState.UNKNOWN


def test_the_worker_goes_on_after_its_child_died(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start()
    died = ask("sample.die", omar, folder=str(folder))
    after = ask("sample.count", omar, to=2)
    assert told(died) == (
        OperationState.FAILED,
        "Its process ended in the middle (killed by signal 9). Nothing was changed.",
    )
    assert wait_for_end(after).is_done


def test_a_job_that_this_release_does_not_know_is_refused(
    worker: WorkerProcess, omar: NamedActor
) -> None:
    operation = ask("sample.hello", omar)
    operation.kind = "sample.forgotten"
    db.session.commit()
    worker.start()
    assert told(operation) == (
        OperationState.REFUSED,
        "This release knows no job called “sample.forgotten”.",
    )


def test_what_was_unknown_is_asked_again_when_the_worker_starts(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    operation = ask("sample.change", omar, folder=str(folder))
    operation.state = OperationState.UNKNOWN
    db.session.commit()
    (folder / "committed").touch()
    worker.start()
    eventually(lambda: operation.state is OperationState.DONE)
