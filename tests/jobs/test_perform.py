from pathlib import Path

import pytest
from flask import Flask

from portal.audit.actor import NamedActor
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.jobs.models import OperationState
from portal.jobs.operations.queries import lines_after
from portal.jobs.operations.service import perform, request_operation

pytestmark = pytest.mark.usefixtures("app")


def test_an_operation_is_done_and_says_so(omar: NamedActor) -> None:
    operation = perform(request_operation("sample.hello", by=omar))
    assert (operation.state, operation.outcome) == (OperationState.DONE, "Said hello.")
    assert [line.text for line in lines_after(operation)] == ["hello"]


def test_its_result_its_times_and_its_process_are_kept(omar: NamedActor) -> None:
    operation = perform(request_operation("sample.count", by=omar, arguments={"to": 3}))
    assert operation.result == {"counted": 3}
    assert operation.started_at
    assert operation.finished_at
    assert operation.finished_at >= operation.started_at >= operation.requested_at
    assert operation.process
    assert (operation.done, operation.total, operation.label) == (3, 3, "things")


def test_lines_are_numbered_without_gaps_and_steps_are_timed(omar: NamedActor) -> None:
    operation = perform(request_operation("sample.count", by=omar, arguments={"to": 20}))
    lines = lines_after(operation)
    assert [line.seq for line in lines] == list(range(1, 23))
    assert [lines[0].kind, lines[-1].kind] == ["step", "step-done"]
    assert lines[-1].seconds is not None


def test_a_refusal_comes_with_its_remedy(omar: NamedActor) -> None:
    operation = perform(request_operation("sample.refuse", by=omar))
    assert operation.state is OperationState.REFUSED
    assert operation.outcome == "Not today. Come tomorrow."


def test_an_unexpected_error_fails_it_and_its_text_stays_in_the_log(
    app: Flask, omar: NamedActor, settings: object
) -> None:
    operation = perform(request_operation("sample.break", by=omar))
    assert operation.state is OperationState.FAILED
    assert operation.outcome
    assert "ValueError" in operation.outcome
    assert "1234" not in operation.outcome
    [log] = Path(app.extensions["portal.settings"].data).glob("logs/*.log")
    assert "the secret is 1234" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
    assert [line.kind for line in lines_after(operation)] == ["step", "step-failed"]


def test_it_runs_once(omar: NamedActor, tmp_path: Path) -> None:
    operation = request_operation("sample.tally", by=omar, arguments={"folder": str(tmp_path)})
    perform(operation)
    with pytest.raises(Conflict):
        perform(operation)
    assert (tmp_path / "tally").read_text() == "x"


def test_reading_the_operation_in_a_job_leaves_ops_unlocked(omar: NamedActor) -> None:
    operation = perform(request_operation("sample.count", by=omar, arguments={"to": 1}))
    db.session.rollback()
    assert len(lines_after(operation)) == 3
