import pytest

from portal.core.errors import Conflict, Forbidden
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.runs import take_over
from tests.runbooks.conftest import actions_of, started, turn_of
from tests.support.cast import log_in, make_account

BOOK = "## Steps\n\n### One\n\n### Two\n"


def test_taking_over_is_recorded_and_changes_who_drives(app, omar, ana, write):
    run = started(write(BOOK), omar)
    take_over(run.id, version=run.version, by=ana)
    assert run.driver_name == "Ana"
    assert run.events[-1].text == "from Omar"
    with pytest.raises(Conflict, match="Ana drives"):
        turn_of(run, by=omar)
    step_actions.complete_step(turn_of(run, by=ana))


def test_the_driver_has_nothing_to_take_over(app, omar, write):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="already"):
        take_over(run.id, version=run.version, by=omar)


def test_a_runbook_for_admins_is_not_taken_over_by_ops(app, omar, ana, write):
    run = started(write(f"---\nroles: [admin]\n---\n{BOOK}"), ana)
    with pytest.raises(Forbidden):
        take_over(run.id, version=run.version, by=omar)


def test_taking_over_from_an_old_page_is_refused(app, omar, ana, write):
    run = started(write(BOOK), omar)
    step_actions.complete_step(turn_of(run))
    with pytest.raises(Conflict):
        take_over(run.id, version=1, by=ana)


def test_a_watcher_sees_the_run_and_a_button_to_take_it_over(app, client, omar, ana, write):
    run = started(write(BOOK), omar)
    log_in(client, ana)
    page = client.page(f"/ops/runs/{run.id}")
    assert "Omar drives this run" in page.get_text()
    assert not page.find("form", id="step-form")
    response = client.post(f"/ops/runs/{run.id}/driver", data={"version": run.version})
    assert response.status_code == 302
    assert client.page(f"/ops/runs/{run.id}").find("form", id="step-form")
    assert actions_of(run) == ["run.started", "run.taken-over"]


def test_a_client_sees_no_run(app, client, omar, write):
    run = started(write(BOOK), omar)
    log_in(client, make_account("cleo"))
    for path in ("/ops/runs", f"/ops/runs/{run.id}", "/ops/runbooks", "/ops/runbooks/book"):
        assert client.get(path).status_code == 403
    data = {"version": "1", "note": ""}
    assert client.post(f"/ops/runs/{run.id}/steps/one/completion", data=data).status_code == 403


def test_a_stranger_is_sent_to_the_login(app, client, omar, write):
    run = started(write(BOOK), omar)
    response = client.get(f"/ops/runs/{run.id}")
    assert response.status_code in {302, 303}
    assert "/ops/login" in response.location


def test_a_form_without_its_token_changes_nothing(browser, write, omar):
    run = started(write(BOOK), omar)
    data = {"version": "1", "note": ""}
    path = f"/ops/runs/{run.id}/steps/one/completion"
    assert browser.post(path, data=data, with_token=False).status_code == 400
    assert actions_of(run) == ["run.started"]
