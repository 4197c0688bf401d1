import pytest

from portal.runbooks.engine import step_actions
from portal.runbooks.models import RunState, StepState
from tests.runbooks.conftest import actions_of, started, titles, turn_of

BOOK = """## Inputs

```inputs
target: choice development|production required
quick: flag
```

## Steps

### First

```step
when: quick = no
```

### Second

```step
when: target = production and quick = no
```

### Third
"""


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"target": "production"}, ["waiting", "waiting", "waiting"]),
        ({"target": "production", "quick": "yes"}, ["skipped", "skipped", "waiting"]),
    ],
)
def test_steps_that_do_not_apply_are_skipped_when_their_turn_comes(
    app, omar, write, inputs, expected
):
    run = started(write(BOOK), omar, **inputs)
    assert [row.state for row in run.rows] == expected


def test_a_skipped_step_records_the_values(app, omar, write):
    run = started(write(BOOK), omar, target="development")
    step_actions.complete_step(turn_of(run))
    assert titles(run)[1] == "Second: skipped"
    assert run.rows[1].skipped_because == (
        "target is “development”, quick is “no”; "
        "this step is for target = production and quick = no."
    )
    assert actions_of(run) == ["run.started", "step.completed", "step.skipped"]


def test_a_run_of_skipped_steps_only_is_done(app, omar, write):
    text = "## Inputs\n```inputs\na: flag\n```\n## Steps\n### X\n```step\nwhen: a = yes\n```\n"
    run = started(write(text), omar)
    assert run.state is RunState.DONE
    assert run.rows[0].state is StepState.SKIPPED


def test_a_step_that_applies_can_not_be_skipped(app, omar, write):
    run = started(write(BOOK), omar, target="production")
    assert run.due_row.step_id == "first"
    step_actions.complete_step(turn_of(run))
    assert run.due_row.step_id == "second"
