"""Whatever moves a run on production waits for a fresh login; what was typed is kept."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal.accounts.models import LoginSession
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.runbooks.engine.registry import register_plan
from tests.runbooks.conftest import started
from tests.runbooks.test_pages import send
from tests.runbooks.test_plan import ToyGate
from tests.support.cast import PASSWORD, log_in
from tests.support.pages import words

AGAIN = "login_again_password"
INPUT = "## Inputs\n```inputs\ntarget: choice production|development\n```\n"
STEPS = {
    "completion": ("", {}, "step.completed"),
    "confirmation": ("confirm: GO ON", {"phrase": "GO ON"}, "step.confirmed"),
    "operation": ("action: tests.errand", {}, "action.requested"),
    "stages/phrase": ("plan: toys", {"stage-phrase": "WIND IT UP"}, "stage.confirmed"),
}


def book(step: str) -> str:
    fence = f"```step\n{step}\n```\n" if step else ""
    return f"{INPUT}## Steps\n### Go\n{fence}\n### After\n"


def actions() -> list[str]:
    found = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.seq)]
    db.session.rollback()
    return found


def log_in_long_ago(client, account) -> LoginSession:
    session = log_in(client, account)
    session.authenticated_at = now() - timedelta(minutes=31)
    db.session.commit()
    return session


@pytest.mark.parametrize("place", STEPS)
def test_the_form_itself_takes_the_password_and_keeps_what_was_typed(
    client, ana, write, the_errand, place
):
    register_plan("toys", ToyGate())
    step, fields, action = STEPS[place]
    run = started(write(book(step)), ana, target="production")
    session = log_in_long_ago(client, ana)
    shown = client.page(f"/ops/runs/{run.id}").select_one(f"input[name={AGAIN}]")
    assert (shown["form"], shown["autocomplete"]) == ("step-form", "current-password")
    asked = [({}, "Fill in your password"), ({AGAIN: "wrong wrong"}, "is wrong")]
    for typed, sentence in asked:
        answer = send(client, run, "go", place, note="as typed", **fields, **typed)
        page = BeautifulSoup(answer.text, "html.parser")
        assert answer.status_code == 422
        assert "as typed</textarea>" in answer.text
        for name, value in fields.items():
            assert page.select_one(f"input[name={name}]")["value"] == value
        assert sentence in words(page.select_one(f"[name={AGAIN}][autofocus][aria-invalid]").parent)
        assert "wrong wrong" not in answer.text
    assert {action, "login.renewed"}.isdisjoint(actions())
    db.session.expire_all()
    assert (run.due_row.step_id, run.rows[0].note) == ("go", "")
    answer = send(client, run, "go", place, note="as typed", **fields, **{AGAIN: PASSWORD})
    assert answer.location == f"/ops/runs/{run.id}#due"
    assert actions().index("login.renewed") < actions().index(action)
    db.session.expire_all()
    assert (session.ended_at, run.rows[0].note) == (None, "as typed")


@pytest.mark.parametrize("place", STEPS)
def test_development_asks_for_none(client, ana, write, the_errand, place):
    register_plan("toys", ToyGate())
    step, fields, action = STEPS[place]
    run = started(write(book(step)), ana, target="development")
    log_in_long_ago(client, ana)
    send(client, run, "go", place, note="as typed", **fields)
    assert action in actions()


@pytest.mark.parametrize(
    ("place", "action"), [("abort", "run.aborted"), ("driver", "run.taken-over")]
)
def test_to_end_it_or_take_it_over_needs_one_too(client, ana, omar, write, place, action):
    run = started(write(book("")), omar, target="production")
    log_in_long_ago(client, ana)
    data = {"version": str(run.version), "reason": "Enough"}
    assert client.post(f"/ops/runs/{run.id}/{place}", data=data).status_code == 401
    assert action not in actions()


def test_a_run_that_is_production_s_unless_one_chooses_waits_for_it_too(client, ana, write):
    text = book("").replace(
        "choice production|development", 'choice production default="production"'
    )
    address = f"/ops/runbooks/{write(text)}/runs"
    log_in_long_ago(client, ana)
    assert client.post(address).status_code == 401
    assert client.post(address, data={"input-target": "production"}).status_code == 401
    assert "run.started" not in actions()
