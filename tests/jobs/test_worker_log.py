"""What an operator reads of the worker: start and stop, each operation's begin and end, each
recovery; and nothing that a statement was given."""

import os
import signal
from pathlib import Path

from portal.audit.actor import NamedActor
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.logs import log_file
from portal.jobs.operations.service import request_operation
from tests.jobs.conftest import WorkerProcess, ask, pid_in, wait_for_end
from tests.jobs.sample import MARK
from tests.support.log import LogLine, log_lines


def log_of(operation: Operation) -> Path:
    return log_file(operation.id)


def said(lines: list[LogLine], about: str) -> list[str]:
    return [each.message for each in lines if each.about == about]


def test_every_line_has_its_form_and_each_operation_its_own(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start()
    good = request_operation("sample.hello", by=omar)  # without a database that is not there
    db.session.commit()
    wait_for_end(good)
    wrong = wait_for_end(ask("sample.statement", omar, value=MARK))
    killed = ask("sample.careless", omar, folder=str(folder))
    os.kill(pid_in(folder), signal.SIGKILL)
    assert wait_for_end(killed).state is OperationState.UNKNOWN
    pids = {each.id: each.pid for each in (good, wrong, killed)}
    db.session.rollback()
    assert worker.end() == 0

    lines = log_lines(worker.log)
    assert [lines[0].message.partition(":")[0], lines[-1].message] == ["Started", "Stopped."]
    assert {(each.process, each.pid) for each in lines} == {("worker", worker.pid)}
    begun, ended = said(lines, f"operation={good.id}")
    assert begun == f"Operation {good.id} is carried out by process {pids[good.id]}."
    assert ended.startswith("“Say hello” is done, after ")
    assert ended.endswith(" s: Said hello.")
    assert "is failed, after" in said(lines, f"operation={wrong.id}")[1]
    assert (
        "“Work without a way to tell” was found to be unknown"
        in said(lines, f"operation={killed.id}")[1]
    )
    assert all(each.target in {"-", "target=development"} for each in lines)

    logs = list((worker.settings.data / "logs").iterdir())
    assert f"operation-{good.id}.log" not in {each.name for each in logs}, "it printed nothing"
    assert all(log_lines(each) for each in logs)
    trace = [each for each in log_lines(log_of(wrong)) if each.level == "ERROR"]
    assert {each.about for each in trace} == {f"operation={wrong.id}"}
    assert "IntegrityError" in trace[-1].message
    assert "[SQL: INSERT INTO audit_head" in trace[-1].message
    written = worker.log.read_text() + log_of(wrong).read_text() + str(wrong.outcome)
    assert MARK not in written
