"""A plan's gate owns its phrases: the run shows them, passes on what is typed, and obeys."""

from dataclasses import dataclass, field, replace

import pytest

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, FreshLoginNeeded, Refused
from portal.core.storage.database import db
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.registry import Stage, register_plan
from portal.runbooks.engine.step_lock import take_turn
from portal.runbooks.models import StepState
from tests.runbooks.conftest import actions_of, carry_out, started, turn_of
from tests.runbooks.test_pages import send
from tests.support.cast import log_in

BOOK = "## Steps\n\n### Sure\n\n```step\nplan: toys\n```\n\n### After\n"
WITH_ACTION = BOOK.replace("plan: toys", "plan: toys\naction: tests.errand")


@dataclass
class ToyGate:
    """Two stages with phrases of its own; the second one is for admins with a fresh login."""

    template: str = "runbooks/_history.html"
    done: dict[str, tuple[str, object]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    anothers: bool = False
    others: list[int] = field(default_factory=list)

    def stages(self, context):
        after = self.done.get("phrase", (None, None))[1]
        first = self._stage("phrase", "Type the phrase", "WIND IT UP")
        second = self._stage("second", "Second confirmation", "toys", login_after=after)
        is_anothers = self.anothers and first.is_done and not second.is_done
        is_anothers = is_anothers and context.by.role != "admin"
        asked_by = first.done_by if self.anothers and context.by.role == "admin" else None
        return [first, replace(second, is_anothers=is_anothers, asked_by=asked_by)]

    def _stage(self, key, title, phrase, *, login_after=None):
        by, at = self.done.get(key, (None, None))
        return Stage(
            key=key,
            title=title,
            prompt="3 toys are wound up.",
            phrase=phrase,
            hint="Capitals count.",
            done_by=by,
            done_at=at,
            login_after=login_after,
        )

    def who_may(self, context, stage_key):
        return [db.session.get_one(Account, each) for each in self.others]

    def check(self, context, stage_key, text, *, by):
        phrase = {stage.key: stage.phrase for stage in self.stages(context)}[stage_key]
        if stage_key == "second" and by.role != "admin":
            raise Forbidden("An admin gives the second confirmation.")
        if text != phrase:
            raise Refused("This is not the phrase.", field="phrase")

    def confirm(self, context, stage_key, text, *, by, logged_in_at):
        self.asked.append((context.run_uuid, text))
        self.check(context, stage_key, text, by=by)
        after = self.done.get("phrase", (None, None))[1]
        if stage_key == "second" and (logged_in_at is None or (after and logged_in_at <= after)):
            raise FreshLoginNeeded("Log in again first.")
        self.done[stage_key] = (by.name, now())

    def summary(self, context):
        return {"toys": 3}


@pytest.fixture
def gate():
    made = ToyGate()
    register_plan("toys", made)
    return made


def stage(run, key, text, by):
    turn = take_turn(run.id, run.due_row.step_id, version=run.version, by=by, driver_only=False)
    step_actions.confirm_stage(turn, key, text, logged_in_at=now())
    db.session.commit()


def test_a_plan_without_an_action_completes_with_its_last_stage(app, omar, ana, write, gate):
    run = started(write(BOOK), omar)
    stage(run, "phrase", "WIND IT UP", omar)
    assert run.rows[0].state is StepState.WAITING
    stage(run, "second", "toys", ana)
    assert run.rows[0].state is StepState.DONE
    assert run.rows[0].completed_by == "Ana"
    assert actions_of(run).count("stage.confirmed") == 2


def test_the_text_is_passed_on_as_typed(app, omar, write, gate):
    run = started(write(BOOK), omar)
    with pytest.raises(Refused):
        stage(run, "phrase", " wind IT up ", omar)
    assert gate.asked == [(run.uuid, " wind IT up ")]
    db.session.rollback()
    assert actions_of(run) == ["run.started"]


def test_a_step_is_not_completed_before_its_stages(app, omar, write, gate):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="“Type the phrase” has not been confirmed"):
        step_actions.complete_step(turn_of(run))


def test_an_action_waits_for_every_stage(app, omar, ana, write, gate, the_errand):
    run = started(write(WITH_ACTION), omar)
    stage(run, "phrase", "WIND IT UP", omar)
    with pytest.raises(Conflict, match="“Second confirmation” has not been confirmed"):
        step_actions.run_action(turn_of(run))
    db.session.rollback()
    stage(run, "second", "toys", ana)
    step_actions.run_action(turn_of(run))
    carry_out(run)
    assert run.rows[0].state is StepState.DONE


def test_a_stage_that_the_gate_does_not_know_is_refused(app, omar, write, gate):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="no such confirmation"):
        stage(run, "third", "x", omar)
    assert gate.asked == []


def test_a_step_without_a_plan_takes_no_stage(app, omar, write, gate):
    run = started(write("# One\n"), omar)
    with pytest.raises(Conflict, match="no such confirmation"):
        stage(run, "phrase", "WIND IT UP", omar)


def test_a_plan_named_by_a_runbook_changes_no_phrase(app, omar, write, gate):
    text = BOOK.replace("plan: toys", "plan: toys\nconfirm: EASY")
    run = started(write(text), omar)
    turn = turn_of(run)
    step_actions.confirm(turn, "EASY")
    with pytest.raises(Conflict, match="“Type the phrase” has not been confirmed"):
        step_actions.complete_step(turn)


def test_the_page_shows_the_stages_and_sends_the_text(browser, omar, write, gate):
    run = started(write(BOOK), omar)
    page = browser.page(f"/ops/runs/{run.id}")
    assert page.find("label", attrs={"for": "stage-phrase"}).code.get_text() == "WIND IT UP"
    assert not page.find("input", attrs={"name": "stage-second"})
    response = send(browser, run, "sure", "stages/phrase", **{"stage-phrase": "WIND IT UP"})
    assert response.status_code == 302
    page = browser.page(f"/ops/runs/{run.id}")
    assert "Omar" in page.find(class_="stage-done").get_text()


def test_a_wrong_text_is_refused_on_the_runs_page_and_keeps_the_note(browser, omar, write, gate):
    run = started(write(BOOK), omar)
    response = send(
        browser, run, "sure", "stages/phrase", note="so far", **{"stage-phrase": "wind"}
    )
    assert response.status_code == 422
    assert "This is not the phrase." in response.text
    assert "so far</textarea>" in response.text


def test_a_person_whom_the_gate_does_not_want_gets_403(browser, omar, write, gate):
    run = started(write(BOOK), omar)
    gate.done["phrase"] = ("Omar", now())
    response = send(browser, run, "sure", "stages/second", **{"stage-second": "toys"})
    assert response.status_code == 403


def test_somebody_else_confirms_without_driving(app, client, omar, ana, write, gate):
    run = started(write(BOOK), omar)
    gate.done["phrase"] = ("Omar", now())
    log_in(client, ana)
    page = client.page(f"/ops/runs/{run.id}")
    assert page.find("input", attrs={"name": "stage-second", "form": "stage-form"})
    data = {"version": run.version, "stage-second": "toys"}
    path = f"/ops/runs/{run.id}/steps/sure/stages/second"
    assert client.post(path, data=data).status_code == 302
    db.session.expire_all()
    assert run.rows[0].completed_by == "Ana"
    assert run.driver_name == "Omar"
