"""A process killed between: what was committed stands, what was not never happened."""

import signal

import pytest

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.lifecycle import OperationResult, finish
from portal.runbooks.engine import step_actions
from portal.runbooks.models import StepState
from tests.runbooks.conftest import actions_of, started, titles, turn_of
from tests.runbooks.test_concurrency import environment
from tests.support import commands

BOOK = "## Steps\n\n### One\n\n### Two\n"
ACTION = "## Steps\n\n### Go\n\n```step\naction: tests.errand\n```\n\n### Two\n"


def act(settings, run, what):
    words = ("-m", "tests.runbooks.acts", what, str(run.id))
    db.session.commit()
    return commands.run(*words, env=environment(settings))


@pytest.mark.parametrize(
    ("when", "expected", "events"),
    [
        ("before", ["One: waiting", "Two: waiting"], ["run.started"]),
        ("after", ["One: done", "Two: waiting"], ["run.started", "step.noted", "step.completed"]),
    ],
)
def test_a_web_process_killed_around_its_commit(app, omar, write, settings, when, expected, events):
    run = started(write(BOOK), omar)
    killed = act(settings, run, f"complete, then die {when} the commit")
    assert killed.code == -signal.SIGKILL
    db.session.expire_all()
    assert titles(run) == expected
    assert actions_of(run) == events
    assert db.session.query(AuditEntry).count() == len(events)
    step_actions.complete_step(turn_of(run))
    db.session.commit()
    assert run.rows[0].state is StepState.DONE


def test_an_action_that_ends_in_another_process_completes_the_step(
    app, omar, write, settings, the_errand
):
    run = started(write(ACTION), omar)
    step_actions.run_action(turn_of(run))
    assert act(settings, run, "carry out").out.endswith("success\n")
    db.session.expire_all()
    assert titles(run) == ["Go: done", "Two: waiting"]


def test_a_worker_killed_while_the_end_is_recorded_leaves_neither_end_nor_step(
    app, omar, write, settings, the_errand
):
    """Both stand in one transaction; what is reconciled later takes the step with it."""
    run = started(write(ACTION), omar)
    operation = step_actions.run_action(turn_of(run))
    killed = act(settings, run, "carry out, then die while it is recorded")
    assert killed.code == -signal.SIGKILL
    db.session.expire_all()
    operation = db.session.get_one(Operation, operation.id)
    assert operation.state is OperationState.RUNNING
    assert titles(run) == ["Go: waiting", "Two: waiting"]
    assert "action.done" not in actions_of(run)

    finish(
        operation,
        OperationResult(OperationState.DONE, "It had happened."),
        was=OperationState.RUNNING,
    )
    db.session.commit()
    db.session.expire_all()
    assert titles(run) == ["Go: done", "Two: waiting"]


def test_a_run_goes_on_a_week_later_in_a_new_process(app, omar, write, settings):
    run = started(write(BOOK), omar)
    assert act(settings, run, "complete").out == "success\n"
    db.session.expire_all()
    assert run.due_row.step_id == "two"
    assert run.rows[0].note == "from another process"
