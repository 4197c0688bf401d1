"""The second confirmation takes the password in its own form: a login of its own, or none of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import update

from portal.accounts.login import login
from portal.accounts.models import Account, LoginSession
from portal.core.clock import now
from portal.core.storage.database import db, own_ops_transaction
from portal.runbooks.engine.registry import register_plan
from portal.runbooks.models import Run
from tests.runbooks.conftest import actions_of, started
from tests.runbooks.test_fresh_login import AGAIN, actions
from tests.runbooks.test_pages import send
from tests.runbooks.test_plan import BOOK, ToyGate
from tests.support.cast import PASSWORD, log_in, log_in_by_form, make_account
from tests.support.pages import check_page, words

TEXT = {"stage-second": "toys"}
REFUSED = [
    ("toys ", PASSWORD),
    ("Toys", "wrong wrong"),
    ("", PASSWORD),
    ("toys", "wrong wrong"),
    ("toys", ""),
    ("toys", None),
]
DONE = {"stage.confirmed", "login.renewed"}


@pytest.fixture
def gate() -> ToyGate:
    made = ToyGate()
    register_plan("toys", made)
    return made


@pytest.fixture
def session(client, ana) -> LoginSession:
    return log_in(client, ana)


@pytest.fixture
def run(ana, session, gate, write) -> Run:
    """Ana has logged in, and then given the first confirmation."""
    run = started(write(BOOK), ana)
    gate.done["phrase"] = ("Ana", now())
    return run


def confirm(client, run, **fields):
    return send(client, run, "sure", "stages/second", note="kept", **fields)


def test_its_form_asks_for_the_password_and_names_the_account_for_password_managers(client, run):
    page = client.page(f"/ops/runs/{run.id}")
    password = page.select_one(f"input[name={AGAIN}]")
    assert (password["type"], password["autocomplete"]) == ("password", "current-password")
    email = page.select_one("input[autocomplete=username][form=step-form]")
    assert (email["value"], password["form"]) == ("ana@example.com", "step-form")
    assert "You stay on this page" in words(password.parent)
    kept = page.select("form[data-keep]")
    assert not any(AGAIN in form["data-keep-fields"] for form in kept)


def test_only_both_right_confirm_and_neither_is_recorded_without_the_other(client, run, session):
    before = session.authenticated_at
    for text, password in REFUSED:
        typed = {} if password is None else {AGAIN: password}
        answer = confirm(client, run, **{"stage-second": text}, **typed)
        page = BeautifulSoup(answer.text, "html.parser")
        assert answer.status_code == 422
        assert page.select_one("[name=stage-second]").get("value", "") == text
        [at_fault] = page.select("main [autofocus][aria-invalid]")
        assert at_fault["name"] == (AGAIN if text == "toys" else "stage-second")
        assert not page.select_one(f"[name={AGAIN}]").get("value")
        assert not password or password not in answer.text
    found = Counter(actions())
    assert DONE.isdisjoint(found)
    assert found["login.failed"] == 1, "a wrong text is refused before a password is looked at"
    db.session.refresh(session)
    assert session.authenticated_at == before

    assert confirm(client, run, **TEXT, **{AGAIN: PASSWORD}).location == f"/ops/runs/{run.id}#due"
    recorded = actions()
    assert Counter(recorded)["login.renewed"] == 1
    assert recorded.index("login.renewed") < recorded.index("stage.confirmed")
    assert client.page(f"/ops/runs/{run.id}").select_one("input[name=note]") is None
    db.session.expire_all()
    assert run.rows[0].completed_by == "Ana"


def test_a_login_after_the_first_confirmation_needs_no_password(client, ana, run):
    log_in(client, ana)
    assert not client.page(f"/ops/runs/{run.id}").select(f"[name={AGAIN}]")
    assert confirm(client, run, **TEXT).location == f"/ops/runs/{run.id}#due"


def test_a_password_that_is_typed_is_never_ignored(client, ana, run):
    log_in(client, ana)
    assert confirm(client, run, **TEXT, **{AGAIN: "wrong wrong"}).status_code == 422
    assert "stage.confirmed" not in actions()


def test_wrong_passwords_count_as_logins_here_and_logins_count_here(client, ana, run):
    codes = [confirm(client, run, **TEXT, **{AGAIN: "wrong wrong"}).status_code for _ in range(3)]
    codes += [log_in_by_form(client, ana, "wrong wrong").status_code for _ in range(2)]
    answer = confirm(client, run, **TEXT, **{AGAIN: PASSWORD})
    assert (codes, answer.status_code) == ([422] * 5, 429)
    page = check_page(answer.text)
    assert "Too many attempts to log in" in words(page.select_one(f"[name={AGAIN}]").parent)
    assert page.select_one("[name=stage-second]")["value"] == "toys"
    assert log_in_by_form(client, ana).status_code == 429
    assert DONE.isdisjoint(actions())


def test_sent_twice_at_once_it_is_confirmed_once(app, client, run, gate, monkeypatch):
    barrier, known = Barrier(2), login._known

    def both_are_here(email):
        barrier.wait(timeout=20)
        return known(email)

    other = app.test_client()
    client.csrf_token()
    other.set_cookie("portal_staff", client.get_cookie("portal_staff").value)
    monkeypatch.setattr(login, "_known", both_are_here)
    data = {"version": str(run.version), "note": "", **TEXT, AGAIN: PASSWORD}
    db.session.commit()

    def press(browser) -> int:
        path = f"/ops/runs/{run_id}/steps/sure/stages/second"
        return browser.post(path, data=data).status_code

    run_id = run.id
    db.session.commit()
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, [client, other])) == [302, 409]
    assert actions_of(run).count("stage.confirmed") == 1
    assert actions().count("login.renewed") == 1


CHANGES = {
    "disabled": update(Account).values(disabled_at=now()),
    "another password": update(Account).values(password_hash="x"),
    "handed over": update(Account).values(password_handed_over_at=now()),
    "ended": update(LoginSession).values(ended_at=now()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_ends_a_login_while_its_password_is_looked_at_confirms_nothing(
    client, run, monkeypatch, change
):
    fits = login.fits

    def meanwhile(password, password_hash):
        with own_ops_transaction() as other:
            other.execute(CHANGES[change])
        return fits(password, password_hash)

    monkeypatch.setattr(login, "fits", meanwhile)
    answer = confirm(client, run, **TEXT, **{AGAIN: PASSWORD})
    assert answer.status_code in {303, 403, 422}
    assert DONE.isdisjoint(actions())


def test_what_fails_between_login_and_confirmation_leaves_neither(client, run, gate, monkeypatch):
    monkeypatch.setattr(gate, "confirm", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        confirm(client, run, **TEXT, **{AGAIN: PASSWORD})
    db.session.rollback()
    assert DONE.isdisjoint(actions())
    assert client.get("/ops").status_code == 200, "the old login is as it was"


def test_another_person_s_password_confirms_nothing(client, run):
    make_account("omar").password_hash = login.hash_password("a sentence of his own")
    assert confirm(client, run, **TEXT, **{AGAIN: "a sentence of his own"}).status_code == 422
    assert DONE.isdisjoint(actions())


def test_a_login_that_is_old_as_well_is_asked_for_once(client, run, session):
    session.authenticated_at = now() - timedelta(hours=2)
    assert len(client.page(f"/ops/runs/{run.id}").select(f"[name={AGAIN}]")) == 1
    assert confirm(client, run, **TEXT, **{AGAIN: PASSWORD}).location
