"""SIGKILL of an operation's process, of its worker, of both: in a backup, a rehearsal, a change,
a sync and a mail, each forked from the warm process as in earnest; and of the warm process itself.
"""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from flask import Flask

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.emails.models import MessageState
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.stage import OMAR
from tests.databases.sync import planted
from tests.jobs.conftest import WorkerProcess, eventually, wait_for_end
from tests.support.mail import MailServer, waiting_message

WHO = ["child", "worker", "both"]


@dataclass(frozen=True)
class Case:
    """`before` sets the stage and may return a run; `moment` is where the kill comes."""

    kind: str
    target: str
    before: Callable[[], str | None]
    moment: str
    said: str


def with_a_backup() -> str:
    stage.place(studios=6)
    run = stage.start()
    assert stage.operate("databases.backup", run=run).is_done
    return run


def with_an_approved_change() -> str:
    stage.place(studios=6)
    run = stage.start()
    stage.approved(run)
    return run


CASES = {
    "backup": Case(
        "databases.backup",
        "production",
        lambda: stage.place(studios=6) and None,
        "call:portal.databases.backups.create:catalogue",
        "Nothing was catalogued.",
    ),
    "rehearsal": Case(
        "databases.rehearse",
        "production",
        with_a_backup,
        "call:portal.databases.changes.rehearsal:_forward",
        "Nothing was changed.",
    ),
    "change": Case(
        "databases.migrate", "production", with_an_approved_change, "commit", "Nothing was changed."
    ),
    "sync": Case(
        "databases.sync",
        "development",
        lambda: planted.place_both(studios=9),
        "call:portal.databases.sync.service:require_still",
        "Development is as it was.",
    ),
}


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv("FAULT_FOLDER", str(folder))
    return folder


@pytest.fixture
def worker(app: Flask, settings: Settings) -> Iterator[WorkerProcess]:
    """From scratch: new Pythons, as in earnest."""
    worker = WorkerProcess(settings, from_scratch=True)
    yield worker
    if worker.process and worker.process.poll() is None:
        worker.kill()


def forked_from_warm(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().startswith("operation ")


def kill(who: str, worker: WorkerProcess, child: int) -> None:
    """With a worker its warm process and its operation are gone within moments."""
    waiting = worker.warm()
    processes = [psutil.Process(child), *([] if who == "child" else [waiting])]
    if who in {"child", "both"}:
        os.kill(child, signal.SIGKILL)
    if who in {"worker", "both"}:
        worker.kill()
    psutil.wait_procs(processes, timeout=10)
    assert [each for each in processes if each.is_running() and each.status() != "zombie"] == []


def ask_for(case: Case, run: str | None) -> Operation:
    operation = request_operation(case.kind, by=OMAR, target=case.target, subject=run)
    db.session.commit()
    return operation


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", CASES)
def test_killed_nothing_is_half_done_and_asked_again_it_is_done(
    worker: WorkerProcess, marks: Path, monkeypatch: pytest.MonkeyPatch, name: str, who: str
) -> None:
    case = CASES[name]
    run, target = case.before(), stage.target_named(case.target)
    before = stage.content(target)
    monkeypatch.setenv("FAULT_AT", case.moment)
    worker.start().warm()
    operation = ask_for(case, run)
    eventually((marks / "reached").exists)
    child = int((marks / "reached").read_text())
    assert forked_from_warm(child)

    monkeypatch.setenv("FAULT_AT", "never")
    kill(who, worker, child)
    if who != "child":
        worker.start().warm()
    wait_for_end(operation)
    assert operation.state is OperationState.FAILED
    assert (operation.outcome or "").endswith(case.said)
    assert stage.content(target) == before

    again = wait_for_end(ask_for(case, run))
    assert again.is_done, again.outcome


@pytest.mark.parametrize("who", WHO)
def test_killed_in_a_mail_the_one_in_hand_is_in_doubt_and_the_other_sent_once(
    app: Flask, worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    with MailServer().running() as server:
        monkeypatch.setenv("MAIL_URL", server.url)
        worker.start().warm()
        server.hold.clear()
        message, other = waiting_message("Cleo"), waiting_message("Dora")
        eventually(lambda: server.taken and message.tries)
        child = int((message.tries[0].process or "").split(":")[1])
        assert forked_from_warm(child)
        kill(who, worker, child)
        if who != "child":
            worker.start()
        server.hold.set()
        eventually(lambda: other.state is MessageState.SENT)
        eventually(lambda: message.state is not MessageState.SENDING)
        assert message.is_in_doubt
        recipients = [to for envelope in server.taken for to in envelope.rcpt_tos]
        assert sorted(recipients) == ["cleo@client.example", "dora@client.example"]


def test_the_warm_process_killed_in_a_change_the_change_is_done(
    worker: WorkerProcess, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES["change"]
    run = case.before()
    monkeypatch.setenv("FAULT_AT", case.moment)
    worker.start().warm()
    operation = ask_for(case, run)
    eventually((marks / "reached").exists)
    assert forked_from_warm(int((marks / "reached").read_text()))
    waiting = worker.warm()
    waiting.kill()
    worker.warm(besides=waiting)
    (marks / "go").touch()
    assert wait_for_end(operation).is_done
    assert stage.revision(stage.target_named("production")) == stage.HEAD
