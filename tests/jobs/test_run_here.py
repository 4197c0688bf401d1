"""An operation from the command line: in this process, its output on the terminal."""

import pytest
from flask import Flask

from portal.audit.actor import NamedActor
from portal.core.storage.database import db
from portal.jobs.models import OperationState, Queue
from portal.jobs.operations.queries import page_of_operations
from portal.jobs.operations.service import run_here
from portal.jobs.worker.queue import CONSUMED, enqueued

pytestmark = pytest.mark.usefixtures("app")


def test_it_prints_what_it_says_as_it_says_it(
    omar: NamedActor, capsys: pytest.CaptureFixture[str]
) -> None:
    operation = run_here("sample.count", by=omar, arguments={"to": 2})
    out = capsys.readouterr().out.splitlines()
    assert out[:3] == ["Count …", "  number 1", "  number 2"]
    assert out[3].startswith("Count: done in 0.")
    assert out[4:] == ["Count: done. Done."]
    assert operation.is_done


def test_it_is_never_queued(omar: NamedActor) -> None:
    assert run_here("sample.hello", by=omar).queue is Queue.HERE
    assert [enqueued(queue) for queue in CONSUMED] == [set(), set()]


def test_a_refusal_ends_the_command(omar: NamedActor, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_here("sample.refuse", by=omar)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Refuse: refused. Not today. Come tomorrow.\n"


def test_an_interruption_at_the_keyboard_is_recorded(
    omar: NamedActor, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("portal.jobs.operations.progress.Progress.say", ctrl_c)
    with pytest.raises(SystemExit):
        run_here("sample.hello", by=omar)
    db.session.rollback()
    [operation] = page_of_operations().items
    assert operation.state is OperationState.FAILED
    assert operation.outcome == "It was interrupted at the keyboard."
