"""Whatever moves a run on production waits for a fresh login; what was typed is kept."""

from datetime import timedelta

import pytest

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.runbooks.engine.registry import register_plan
from tests.runbooks.conftest import started
from tests.runbooks.test_pages import send
from tests.runbooks.test_plan import ToyGate
from tests.support.cast import log_in
from tests.support.pages import words

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


def log_in_long_ago(client, account) -> None:
    log_in(client, account).authenticated_at = now() - timedelta(minutes=31)
    db.session.commit()


@pytest.mark.parametrize("place", STEPS)
def test_nothing_moves_and_the_note_is_kept(client, ana, write, the_errand, place):
    register_plan("toys", ToyGate())
    step, fields, action = STEPS[place]
    run = started(write(book(step)), ana, target="production")
    log_in_long_ago(client, ana)
    answer = send(client, run, "go", place, note="as typed", **fields)
    assert answer.location == f"/ops/login/again?next=/ops/runs/{run.id}"
    assert action not in actions()
    db.session.expire_all()
    assert (run.due_row.step_id, run.rows[0].note) == ("go", "as typed")
    assert "What you asked for was not done" in words(client.page(answer.location))


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
