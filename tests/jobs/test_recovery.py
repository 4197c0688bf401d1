"""What becomes of rows whose process is gone."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.audit.actor import NamedActor
from portal.core.clock import now
from portal.core.storage.database import db
from portal.jobs.leases.holder import end_lease, take_lease
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.lifecycle import claim
from portal.jobs.operations.recovery import (
    end_never_begun,
    find_forgotten,
    reconcile_lost,
    settle,
    still_waits,
)
from portal.jobs.operations.registry import job
from portal.jobs.operations.service import request_operation
from portal.jobs.processes import is_running, process_identity
from portal.jobs.worker.queue import enqueued

pytestmark = pytest.mark.usefixtures("app")


def requested(subject: str) -> int:
    """How many operations have this subject."""
    query = select(func.count()).where(Operation.subject == subject)
    return db.session.scalars(query).one()


def running(omar: NamedActor, kind: str = "sample.careless", **columns: object) -> Operation:
    operation = request_operation(kind, by=omar, arguments={"folder": "/nowhere"})
    assert claim(operation, pid=os.getpid(), lease="the lease")
    db.session.refresh(operation)
    for name, value in columns.items():
        setattr(operation, name, value)
    db.session.commit()
    db.session.rollback()
    return operation


def dead() -> str:
    """The identity of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = process_identity(process.pid)
    process.communicate(b"\n", timeout=30)
    assert identity
    return identity


def test_a_process_is_known_by_more_than_its_number() -> None:
    mine = process_identity(os.getpid())
    assert mine
    assert is_running(mine)
    assert not is_running(mine.rpartition(":")[0] + ":1")
    assert not is_running(dead())


def test_an_operation_whose_process_lives_is_left_alone(omar: NamedActor) -> None:
    operation = running(omar)
    assert reconcile_lost() == []
    assert operation.state is OperationState.RUNNING


def test_an_operation_whose_process_is_gone_gets_an_end(omar: NamedActor) -> None:
    operation = running(omar, process=dead())
    assert reconcile_lost() == [operation.id]
    assert operation.state is OperationState.UNKNOWN


def test_one_that_somebody_watches_is_left_to_them(omar: NamedActor) -> None:
    operation = running(omar, process=dead())
    assert reconcile_lost(besides={operation.id}) == []


def test_elsewhere_the_lease_decides(omar: NamedActor) -> None:
    lease = take_lease("worker")
    kept = running(omar, host="another host", lease=lease.uuid)
    lost = running(omar, host="another host", lease="ran out long ago")
    db.session.rollback()
    assert reconcile_lost() == [lost.id]
    assert kept.state is OperationState.RUNNING
    db.session.rollback()
    end_lease()


def test_a_job_that_can_not_tell_right_now_is_unknown_and_says_so(omar: NamedActor) -> None:
    def unreachable(operation: Operation) -> tuple[OperationState, str, None]:
        raise OSError("no route")

    job("sample.unreachable", title="Unreachable", reconcile=unreachable)(lambda *_: {})
    operation = running(omar, "sample.unreachable", process=dead())
    reconcile_lost()
    assert operation.state is OperationState.UNKNOWN
    assert "asked again when the worker starts" in (operation.outcome or "")


def test_what_the_job_brings_up_to_date_is_kept_with_the_end(omar: NamedActor) -> None:
    def catch_up(operation: Operation) -> tuple[OperationState, str, None]:
        request_operation("sample.hello", by=operation.requested_by, subject="caught up")
        return OperationState.DONE, "It was committed.", None

    job("sample.catch-up", title="Catch up", reconcile=catch_up)(lambda *_: {})
    operation = running(omar, "sample.catch-up", process=dead())
    reconcile_lost()
    db.session.rollback()
    assert operation.outcome == "Its process ended in the middle. It was committed."
    assert requested("caught up") == 1


def test_a_job_that_fails_to_tell_leaves_nothing_half_written(omar: NamedActor) -> None:
    def half(operation: Operation) -> tuple[OperationState, str, None]:
        request_operation("sample.hello", by=operation.requested_by, subject="half")
        raise OSError

    job("sample.half", title="Half", reconcile=half)(lambda *_: {})
    running(omar, "sample.half", process=dead())
    reconcile_lost()
    assert requested("half") == 0


def test_a_process_that_ended_before_it_began_failed(omar: NamedActor) -> None:
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    settle(operation.id, 1)
    assert operation.state is OperationState.FAILED
    assert operation.outcome == "Its process could not start (exit code 1); nothing was done."


def test_settling_what_has_ended_or_never_was_changes_nothing(omar: NamedActor) -> None:
    operation = running(omar, state=OperationState.DONE, outcome="Done.")
    settle(operation.id, -9)
    settle(4711, 0)
    assert operation.outcome == "Done."
    assert not still_waits(operation.id, in_queue=operation.queue)
    assert not still_waits(4711, in_queue=Queue.QUICK)


def test_a_claim_succeeds_once(omar: NamedActor) -> None:
    operation = request_operation("sample.hello", by=omar)
    assert claim(operation, pid=os.getpid(), lease="one")
    assert not claim(operation, pid=os.getpid(), lease="two")


def test_a_forgotten_row_is_put_into_its_queue_after_a_while(
    omar: NamedActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.jobs.operations.service.enqueue", lambda *_: None)
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    find_forgotten(besides=set())
    assert enqueued(operation.queue) == set()
    monkeypatch.setattr("portal.jobs.operations.recovery.OVERDUE", timedelta(0))
    find_forgotten(besides=set())
    find_forgotten(besides=set())
    assert enqueued(operation.queue) == {operation.id}


def test_what_a_command_left_before_it_began_gets_an_end(
    omar: NamedActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By how long this process saw it wait, not by what some clock says of it."""
    left, queued = (request_operation("sample.hello", by=omar) for _ in range(2))
    left.queue = Queue.HERE
    left.requested_at = now() - timedelta(days=2)
    db.session.commit()
    end_never_begun()
    assert left.state is OperationState.WAITING
    monkeypatch.setattr("portal.jobs.operations.recovery.NEVER_BEGUN", timedelta(seconds=0.05))
    time.sleep(0.06)
    begins = request_operation("sample.hello", by=omar)
    begins.queue = Queue.HERE
    db.session.commit()

    end_never_begun()

    assert left.state is OperationState.FAILED
    assert left.outcome.endswith("ended before it began; nothing was done.")
    assert not claim(left, pid=os.getpid(), lease="the lease")
    assert begins.state is queued.state is OperationState.WAITING
