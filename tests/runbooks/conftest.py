"""A folder of runbooks for each test, and a job that does what the test tells it to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from portal.accounts.models import Account
from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import job
from portal.jobs.operations.service import perform
from portal.runbooks.engine.registry import Action, register_action
from portal.runbooks.engine.runs import start_run
from portal.runbooks.engine.step_lock import StepTurn, take_turn
from portal.runbooks.models import Run

Write = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "runbooks"
    path.mkdir()
    return path


@pytest.fixture
def settings(tmp_path: Path, folder: Path) -> Settings:
    loaded = load_settings({"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"})
    return replace(loaded, runbooks_dir=folder)


@pytest.fixture
def write(folder: Path) -> Write:
    """Put a runbook into the folder; gives its id."""

    def put(text: str | bytes, name: str = "book") -> str:
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return name

    return put


@dataclass
class Errand:
    """What the test's own job does when it is carried out."""

    fails: bool = False
    refuses: bool = False
    carried_out: int = 0


errand = Errand()


@job("tests.errand", title="Run an errand")
def run_errand(progress: Progress, _operation: Operation) -> dict[str, int]:
    progress.say("On the way")
    if errand.refuses:
        raise Refused("The door is locked.", remedy="Ask for the key.")
    if errand.fails:
        raise OSError("no road")
    errand.carried_out += 1
    return {"carried out": errand.carried_out}


register_action(Action(name="tests.errand", title="Run the errand", job="tests.errand"))


@pytest.fixture
def the_errand() -> Errand:
    errand.fails, errand.refuses, errand.carried_out = False, False, 0
    return errand


def started(runbook_id: str, by: Account, **inputs: str) -> Run:
    run = start_run(runbook_id, inputs=inputs, by=by)
    db.session.commit()
    return run


def turn_of(run: Run, step_id: str | None = None, by: Account | None = None) -> StepTurn:
    """The driver's turn on the due step, or on another one."""
    by = by or db.session.get_one(Account, run.driver_id)
    due = run.due_row
    wanted = step_id or (due.step_id if due else "none is due")
    return take_turn(run.id, wanted, version=run.version, by=by)


def carry_out(run: Run) -> Operation:
    """What the worker does with the action that the due step asked for."""
    row = run.due_row
    assert row
    assert row.operation_id
    db.session.commit()
    operation = perform(db.session.get_one(Operation, row.operation_id))
    db.session.refresh(run)
    return operation


def titles(run: Run) -> list[str]:
    """What each step of the run has come to."""
    return [f"{row.title}: {row.state}" for row in run.rows]


def actions_of(run: Run) -> list[str]:
    db.session.expire(run)
    return [event.action for event in run.events]
