"""SIGKILL of the worker, of its child, of both: the change is there or not, and that is said."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from portal.core.storage.database import db, reading
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.targets.models import RegisteredTarget
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.stage import OMAR
from tests.jobs.conftest import WorkerProcess, eventually, wait_for_end, worker

__all__ = ["worker"]  # the fixture
MIDDLE = "statement:90"


@pytest.fixture
def marks(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv("FAULT_FOLDER", str(folder))
    return folder


def kill(who: str, worker: WorkerProcess, marks: Path) -> None:
    child = int((marks / "reached").read_text())
    if who in {"child", "both"}:
        os.kill(child, signal.SIGKILL)
    if who in {"worker", "both"}:
        worker.kill()
        eventually(lambda: not psutil.pid_exists(child), within=30)
        (marks / "go").touch()
        worker.start()


def change_killed(
    run: str, who: str, worker: WorkerProcess, marks: Path, monkeypatch, *, then: str = "never"
) -> Operation:
    """Ask for the change, kill when the child has come to its moment; how the operation ended.

    `then`: the moment at which the child of a worker that is started anew stops.
    """
    asked = request_operation("databases.migrate", by=OMAR, target="production", subject=run)
    db.session.commit()
    eventually((marks / "reached").exists, within=60)
    monkeypatch.setenv("FAULT_AT", then)
    kill(who, worker, marks)
    wait_for_end(asked, within=60)
    for mark in marks.iterdir():
        mark.unlink()
    return asked


@pytest.mark.timeout(300)  # a worker after the other
def test_before_commit_nothing_is_there_and_the_operation_says_so(
    ticket, worker, marks, monkeypatch
):
    """One ticket lasts for all kills, since what was killed before COMMIT did not use it."""
    run, target = ticket.run, stage.target_named("production")
    monkeypatch.setenv("FAULT_AT", MIDDLE)
    worker.start()
    for who, then in (
        ("both", "commit"),
        ("child", "commit"),
        ("worker", "commit"),
        ("both", "never"),
    ):
        operation = change_killed(run, who, worker, marks, monkeypatch, then=then)
        assert operation.state is OperationState.FAILED, who
        assert operation.outcome.endswith("Nothing was changed."), who
        assert stage.revision(target) == stage.LEGACY, who
    again = request_operation("databases.migrate", by=OMAR, target="production", subject=run)
    db.session.commit()
    wait_for_end(again, within=60)
    assert again.is_done, again.outcome


@pytest.mark.parametrize("who", ["child", "worker", "both"])
def test_after_commit_all_is_there_and_the_operation_says_so(
    ticket, worker, marks, monkeypatch, who
):
    run, target = ticket.run, stage.target_named("production")
    monkeypatch.setenv("FAULT_AT", "committed")
    worker.start()
    operation = change_killed(run, who, worker, marks, monkeypatch)

    assert operation.state is OperationState.DONE, operation.outcome
    assert "It was committed" in operation.outcome
    assert stage.revision(target) == stage.HEAD
    with reading():
        known = db.session.get(RegisteredTarget, "production", populate_existing=True)
        assert known.revision == stage.HEAD
        assert db.session.query(Ticket).one().state is TicketState.USED
