import pytest

from portal.audit.models import AuditEntry
from portal.audit.refusals import record_refusal
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import db
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.step_lock import take_turn
from portal.runbooks.models import RunState
from tests.runbooks.conftest import actions_of, started, titles, turn_of
from tests.runbooks.test_pages import send, start
from tests.support.cast import make_account

BOOK = "## Steps\n\n### One\n\n- [ ] Ready\n\n### Two\n\n### Three\n"


def finish(run):
    for row in list(run.rows):
        turn = turn_of(run)
        step_actions.tick(turn, {0} if row.step_id == "one" else set())
        step_actions.complete_step(turn)
        db.session.commit()


def test_steps_are_done_one_after_the_other_to_the_end(app, omar, write):
    run = started(write(BOOK), omar)
    finish(run)
    assert run.state is RunState.DONE
    assert run.finished_at
    assert all(row.completed_by == "Omar" and row.due_at and row.completed_at for row in run.rows)
    assert actions_of(run) == [
        "run.started",
        "step.ticked",
        *["step.completed"] * 3,
        "run.finished",
    ]


@pytest.mark.parametrize("step", ["two", "three", "four"])
def test_a_step_out_of_turn_is_refused(app, omar, write, step):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match=r"not this step's turn\. Due now: “One”"):
        turn_of(run, step)


def test_a_request_that_is_out_of_date_is_refused(app, omar, write):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="moved on"):
        take_turn(run.id, "one", version=run.version - 1, by=omar)


def test_a_step_that_was_completed_says_by_whom(app, omar, write):
    run = started(write(BOOK), omar)
    before = run.version
    step_actions.tick(turn := turn_of(run), {0})
    step_actions.complete_step(turn)
    with pytest.raises(Conflict, match="already been completed by Omar"):
        take_turn(run.id, "one", version=before, by=omar)


def test_whoever_does_not_drive_is_refused(app, omar, ana, write):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match=r"Omar drives this run\. Take it over first"):
        turn_of(run, by=ana)


def test_a_run_that_has_ended_takes_nothing_more(app, omar, write):
    run = started(write(BOOK), omar)
    finish(run)
    with pytest.raises(Conflict, match="has ended"):
        turn_of(run, "three")


def test_a_run_that_is_not_there_is_not_found(app, omar):
    with pytest.raises(NotFound):
        take_turn(7, "one", version=1, by=omar)


def test_a_step_waits_for_each_of_its_ticks(app, omar, write):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="“Ready” is not ticked"):
        step_actions.complete_step(turn_of(run))
    db.session.rollback()
    turn = turn_of(run)
    step_actions.tick(turn, {0})
    step_actions.tick(turn, set())
    with pytest.raises(Conflict, match="“Ready” is not ticked"):
        step_actions.complete_step(turn)


def test_a_skipped_step_is_409_audited_and_changes_nothing(browser, write):
    write(BOOK)
    start(browser)
    run = started("book", _account("omar"))
    response = send(browser, run, "two", "completion")
    assert response.status_code == 409
    assert "Due now: “One”" in response.text
    db.session.expire_all()
    assert titles(run) == ["One: waiting", "Two: waiting", "Three: waiting"]
    assert run.version == 1
    entry = db.session.query(AuditEntry).order_by(AuditEntry.seq.desc()).first()
    assert (entry.action, entry.outcome) == ("step.completed", "refused")
    assert '"step":"two"' in entry.canonical


def test_a_request_sent_again_has_no_second_effect(browser, write):
    write(BOOK)
    start(browser)
    run = started("book", _account("omar"))
    form = {"version": "1", "note": "", "tick": "0"}
    path = f"/ops/runs/{run.id}/steps/one/completion"
    assert browser.post(path, data=form).status_code == 302
    assert browser.post(path, data=form).status_code == 409
    db.session.expire_all()
    assert actions_of(run) == ["run.started", "step.ticked", "step.completed"]


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40])
def test_a_request_without_a_version_is_refused(browser, write, version):
    write(BOOK)
    start(browser)
    data = {"version": version, "note": ""}
    assert browser.post("/ops/runs/1/steps/one/completion", data=data).status_code == 422


def test_every_event_of_a_run_is_in_the_audit_log(app, omar, write):
    run = started(write(BOOK), omar)
    finish(run)
    logged = db.session.query(AuditEntry).order_by(AuditEntry.seq)
    assert [entry.action for entry in logged] == actions_of(run)
    assert all(run.sha256 in entry.canonical for entry in logged)


def test_what_is_rolled_back_leaves_no_event(app, omar, write):
    run = started(write(BOOK), omar)
    step_actions.tick(turn_of(run), {0})
    record_refusal(Conflict("Not now."), by=omar)
    assert actions_of(run) == ["run.started"]
    assert run.version == 1


def _account(name):
    return make_account(name)
