import pytest

from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.runs import abort_run
from portal.runbooks.models import RunState, StepState
from tests.runbooks.conftest import actions_of, carry_out, started, titles, turn_of
from tests.support.cast import make_account

BOOK = """## Inputs

```inputs
who: choice us|them default=us
```

## Steps

### Lift
### Carry
### Drop

## Rollback

### Tell people
### Undo lift
### Put it on the stairs

```step
id: stairs
when: carry = done
```

### Undo drop
### Call them

```step
when: who = them
```
"""


def do(run, count):
    for _ in range(count):
        step_actions.complete_step(turn_of(run))
    db.session.commit()


def abort(run, by, reason="It is too heavy."):
    abort_run(run.id, version=run.version, by=by, reason=reason)
    db.session.commit()


def test_the_rollback_opens_in_the_reverse_order_of_what_was_done(app, omar, write):
    run = started(write(BOOK), omar)
    do(run, 2)
    abort(run, omar)
    order = []
    while run.is_open:
        order.append(run.due_row.title)
        do(run, 1)
    assert order == ["Tell people", "Put it on the stairs", "Undo lift"]
    assert run.state is RunState.ABORTED
    assert run.abort_reason == "It is too heavy."


def test_what_was_not_begun_is_not_undone_and_the_run_says_why(app, omar, write):
    run = started(write(BOOK), omar)
    do(run, 1)
    abort(run, omar)
    do(run, 2)
    skipped = {row.title: row.skipped_because for row in run.rows if row.skipped_because}
    assert skipped == {
        "Put it on the stairs": "carry is “not-done”; this step is for carry = done.",
        "Undo drop": "“Drop” had not been begun.",
        "Call them": "who is “us”; this step is for who = them.",
    }
    assert run.state is RunState.ABORTED


def test_an_action_that_failed_counts_as_begun(app, omar, write, the_errand):
    the_errand.fails = True
    text = "## Steps\n### Go\n```step\naction: tests.errand\n```\n## Rollback\n### Undo go\n"
    run = started(write(text), omar)
    step_actions.run_action(turn_of(run))
    carry_out(run)
    abort(run, omar)
    assert run.due_row.title == "Undo go"


def test_steps_that_are_left_are_closed(app, omar, write):
    run = started(write(BOOK), omar)
    do(run, 1)
    abort(run, omar)
    assert titles(run)[:3] == ["Lift: done", "Carry: closed", "Drop: closed"]
    with pytest.raises(Conflict):
        turn_of(run, "carry")


def test_a_run_without_rollback_steps_ends_at_once(app, omar, write):
    run = started(write("# One\n"), omar)
    abort(run, omar)
    assert run.state is RunState.ABORTED
    assert run.finished_at
    assert actions_of(run) == ["run.started", "run.aborted", "run.finished"]


def test_aborting_again_ends_the_run_at_its_step(app, omar, write):
    run = started(write(BOOK), omar)
    do(run, 1)
    abort(run, omar)
    abort(run, omar, reason="Enough.")
    assert run.state is RunState.ABORTED
    assert run.abort_reason == "It is too heavy."
    assert {row.state for row in run.rows} == {StepState.DONE, StepState.CLOSED}


def test_rollback_steps_stay_closed_while_all_goes_well(app, omar, write):
    run = started(write(BOOK), omar)
    do(run, 3)
    assert run.state is RunState.DONE
    assert {row.state for row in run.rows[3:]} == {StepState.CLOSED}


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001])
def test_an_abort_needs_a_reason(app, omar, write, reason):
    run = started(write(BOOK), omar)
    with pytest.raises(Invalid):
        abort(run, omar, reason=reason)
    db.session.rollback()
    assert run.is_open


def test_whoever_does_not_drive_can_not_abort(app, omar, ana, write):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="Omar drives"):
        abort(run, ana)


def test_a_run_is_not_aborted_under_a_running_action(app, omar, write, the_errand):
    run = started(write("## Steps\n### Go\n```step\naction: tests.errand\n```\n"), omar)
    step_actions.run_action(turn_of(run))
    db.session.commit()
    with pytest.raises(Conflict, match="under way"):
        abort(run, omar)


def test_an_abort_in_the_browser_opens_the_rollback(browser, write):
    run = started(write(BOOK), make_account("omar"))
    do(run, 1)
    path = f"/ops/runs/{run.id}/abort"
    assert browser.post(path, data={"version": run.version, "reason": ""}).status_code == 422
    response = browser.post(path, data={"version": run.version, "reason": "Too <heavy>"})
    assert response.status_code == 302
    page = browser.page(f"/ops/runs/{run.id}")
    assert "Rolling back." in page.get_text()
    assert "Too <heavy>" in page.get_text()
    assert "Tell people" in page.find(attrs={"aria-current": "step"}).get_text()
