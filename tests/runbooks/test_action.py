import pytest

from portal.audit.models import AuditEntry
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.operation_listener import settle
from portal.runbooks.models import RunState, StepState
from tests.runbooks.conftest import actions_of, carry_out, started, turn_of

BOOK = """## Inputs

```inputs
target: choice development|production
```

## Steps

### Errand

```step
action: tests.errand
```

### After
"""
WITH_TICK = BOOK.replace("### After", "- [ ] It looks right\n\n### After")


def ask(run):
    operation = step_actions.run_action(turn_of(run))
    db.session.commit()
    return operation


def test_an_action_is_an_operation_about_the_run(app, omar, write, the_errand):
    run = started(write(BOOK), omar, target="development")
    operation = ask(run)
    assert (operation.kind, operation.subject) == ("tests.errand", run.uuid)
    assert operation.target == "development"
    assert operation.requested_by.name == "Omar"
    assert operation.state is OperationState.WAITING
    assert run.rows[0].state is StepState.WAITING


def test_the_step_is_done_when_its_operation_is(app, omar, write, the_errand):
    run = started(write(BOOK), omar)
    ask(run)
    operation = carry_out(run)
    row = run.rows[0]
    assert operation.is_done
    assert row.state is StepState.DONE
    assert row.completed_at == operation.finished_at
    assert run.due_row.step_id == "after"
    assert actions_of(run) == ["run.started", "action.requested", "action.done", "step.completed"]


def test_a_step_with_ticks_waits_for_them_when_its_operation_is_done(app, omar, write, the_errand):
    run = started(write(WITH_TICK), omar)
    ask(run)
    carry_out(run)
    assert run.due_row.step_id == "errand"
    turn = turn_of(run)
    step_actions.tick(turn, {0})
    step_actions.complete_step(turn)
    assert run.due_row.step_id == "after"


def test_ticks_given_before_count_when_the_operation_is_done(app, omar, write, the_errand):
    run = started(write(WITH_TICK), omar)
    turn = turn_of(run)
    step_actions.tick(turn, {0})
    step_actions.run_action(turn)
    carry_out(run)
    assert run.due_row.step_id == "after"


def test_a_step_with_an_action_is_not_completed_by_hand(app, omar, write, the_errand):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="action has not been carried out"):
        step_actions.complete_step(turn_of(run))


def test_an_action_under_way_is_not_asked_for_again(app, omar, write, the_errand):
    run = started(write(BOOK), omar)
    ask(run)
    with pytest.raises(Conflict, match="already under way"):
        ask(run)
    db.session.rollback()
    assert db.session.query(Operation).count() == 1


def test_a_failed_action_leaves_the_step_due_and_can_be_run_again(app, omar, write, the_errand):
    the_errand.fails = True
    run = started(write(BOOK), omar)
    first = ask(run).id
    assert carry_out(run).state is OperationState.FAILED
    assert run.rows[0].state is StepState.WAITING
    the_errand.fails = False
    assert ask(run).id != first
    carry_out(run)
    assert run.rows[0].state is StepState.DONE
    assert the_errand.carried_out == 1
    assert actions_of(run)[1:4] == ["action.requested", "action.failed", "action.requested"]


def test_a_refused_action_says_so_in_the_run_and_in_the_log(app, omar, write, the_errand):
    the_errand.refuses = True
    run = started(write(BOOK), omar)
    ask(run)
    operation = carry_out(run)
    assert operation.state is OperationState.REFUSED
    assert run.events[-1].action == "action.refused"
    assert "Ask for the key." in run.events[-1].text
    refused = db.session.query(AuditEntry).filter_by(action="action.refused").one()
    assert refused.outcome == "refused"


def test_an_action_that_was_done_is_not_run_again(app, omar, write, the_errand):
    run = started(write(WITH_TICK), omar)
    ask(run)
    carry_out(run)
    with pytest.raises(Conflict, match="has been carried out"):
        ask(run)


def test_a_step_without_an_action_runs_none(app, omar, write):
    run = started(write("# One\n"), omar)
    with pytest.raises(Conflict, match="no action"):
        step_actions.run_action(turn_of(run))


def test_a_listener_that_failed_leaves_a_step_that_can_be_completed(app, omar, write, the_errand):
    """The way out named in runbooks.engine.operation_listener: the operation's row decides."""
    run = started(write(BOOK), omar)
    operation = ask(run)
    operation.state = OperationState.DONE
    db.session.commit()
    step_actions.complete_step(turn_of(run))
    assert run.rows[0].state is StepState.DONE


def test_an_old_operation_does_not_settle_a_later_step(app, omar, write, the_errand):
    run = started(write(BOOK), omar)
    ask(run)
    operation = carry_out(run)
    version = run.version
    settle(operation)
    db.session.commit()
    assert run.version == version
    assert actions_of(run).count("step.completed") == 1


def test_a_run_ends_with_its_last_action(app, omar, write, the_errand):
    run = started(write("## Steps\n### A\n```step\naction: tests.errand\n```\n"), omar)
    ask(run)
    carry_out(run)
    assert run.state is RunState.DONE
