from datetime import timedelta

from portal.core.clock import now
from portal.core.storage.database import db
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.queries import (
    last_runs,
    open_runs,
    page_of_open_runs,
    page_of_past_runs,
    runs_of,
    usual_duration,
    waiting_runs,
)
from tests.runbooks.conftest import started, turn_of

ONE = "# One\n"
ACTION = "## Steps\n### Go\n```step\naction: tests.errand\n```\n"


def do(run):
    step_actions.complete_step(turn_of(run))
    db.session.commit()


def test_open_runs_come_latest_first_and_past_ones_apart(app, omar, write):
    write(ONE)
    first, second, third = (started("book", omar) for _ in range(3))
    do(second)
    assert list(open_runs()) == [third, first]
    assert list(page_of_open_runs(1).items) == [third, first]
    assert list(page_of_past_runs(1).items) == [second]


def test_a_run_whose_action_is_under_way_waits_for_no_person(app, omar, write, the_errand):
    busy, idle = started(write(ACTION), omar), started(write(ONE, "one"), omar)
    step_actions.run_action(turn_of(busy))
    assert waiting_runs() == [idle]


def test_the_last_run_of_each_runbook(app, omar, write):
    write(ONE)
    write(ONE, "two")
    started("book", omar)
    latest, other = started("book", omar), started("two", omar)
    assert last_runs(["book", "two", "none"]) == {"book": latest, "two": other}
    assert [run.id for run in runs_of("book")] == [2, 1]


def test_the_usual_duration_is_the_median_of_earlier_runs(app, omar, write):
    write(ONE)
    for seconds in (10, 60, 20):
        run = started("book", omar)
        run.rows[0].due_at = now() - timedelta(seconds=seconds)
        do(run)
    run = started("book", omar)
    usual = usual_duration(run, run.rows[0].step_id)
    assert usual is not None
    assert 19 < usual.total_seconds() < 22
    assert usual_duration(db.session.get_one(type(run), 1), run.rows[0].step_id) is None
