"""SIGKILL of the worker, of its child, of both: the change is there or not, and that is said."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from portal.core.database import db, reading
from portal.databases.models import RegisteredTarget, Ticket, TicketState
from portal.jobs.models import Operation, OperationState
from portal.jobs.service import request_operation
from tests.databases import stage
from tests.databases.stage import OMAR, approved
from tests.jobs.conftest import WorkerProcess, eventually, wait_for_end, worker

__all__ = ["worker"]  # the fixture
MIDDLE = "statement:90"


@pytest.fixture
def marks(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv("FAULT_FOLDER", str(folder))
    return folder


def stopped_at(moment: str, worker: WorkerProcess, marks: Path, monkeypatch) -> Operation:
    """A change in the worker's child, which stands at that moment and waits."""
    stage.place(studios=6)
    ticket = approved(stage.start())
    operation = request_operation(
        "databases.migrate", by=OMAR, target="production", subject=ticket.run
    )
    db.session.commit()
    monkeypatch.setenv("FAULT_AT", moment)
    worker.start()
    eventually((marks / "reached").exists, within=60)
    monkeypatch.delenv("FAULT_AT")
    return operation


def kill(who: str, worker: WorkerProcess, marks: Path) -> None:
    child = int((marks / "reached").read_text())
    if who in {"child", "both"}:
        os.kill(child, signal.SIGKILL)
    if who in {"worker", "both"}:
        worker.kill()
        eventually(lambda: not psutil.pid_exists(child), within=5)
        (marks / "go").touch()
        worker.start()


@pytest.mark.parametrize(
    ("moment", "who"),
    [(MIDDLE, "both"), ("commit", "child"), ("commit", "worker"), ("commit", "both")],
)
def test_before_commit_nothing_is_there_and_the_operation_says_so(
    worker, marks, monkeypatch, who, moment
):
    operation = stopped_at(moment, worker, marks, monkeypatch)
    kill(who, worker, marks)
    wait_for_end(operation, within=60)

    assert operation.state is OperationState.FAILED
    assert operation.outcome.endswith("Nothing was changed.")
    assert stage.revision(stage.target_named("production")) == stage.LEGACY
    again = request_operation(
        "databases.migrate", by=OMAR, target="production", subject=operation.subject
    )
    db.session.commit()
    wait_for_end(again, within=60)
    assert again.is_done, again.outcome


@pytest.mark.parametrize("who", ["child", "worker", "both"])
def test_after_commit_all_is_there_and_the_operation_says_so(worker, marks, monkeypatch, who):
    operation = stopped_at("committed", worker, marks, monkeypatch)
    kill(who, worker, marks)
    wait_for_end(operation, within=60)

    assert operation.state is OperationState.DONE, operation.outcome
    assert "It was committed" in operation.outcome
    assert stage.revision(stage.target_named("production")) == stage.HEAD
    with reading():
        known = db.session.get(RegisteredTarget, "production", populate_existing=True)
        assert known.revision == stage.HEAD
        ticket = db.session.query(Ticket).one()
        assert ticket.state is TicketState.USED
