"""Dangerous actions ask for a fresh login: the password of the same account, again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.login import login
from portal.accounts.models import LoginSession
from portal.accounts.permissions.access import require_fresh_login
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.policies.models import Window
from portal.jobs.models import Operation
from tests.support.cast import PASSWORD, log_in, make_account
from tests.support.pages import check_page, words

AGAIN = "login_again_password"
RESET = "/ops/accounts/{}/password"


@pytest.fixture
def ana(client):
    account = make_account("ana")
    log_in(client, account)
    return account


def in_hand(page) -> tuple[str, dict[str, str]]:
    """What the form of the page in between would send, and where to."""
    form = page.find("input", attrs={"name": AGAIN}).find_parent("form")
    fields = form.find_all("input", attrs={"type": "hidden"})
    return form["action"], {field["name"]: field["value"] for field in fields}


def later(**time: int):
    return time_machine.travel(now() + timedelta(**time), tick=False)


def test_within_thirty_minutes_nothing_is_asked(client, ana):
    with later(minutes=29):
        assert client.post(RESET.format(ana.id)).status_code == 200


@pytest.mark.parametrize(
    ("moved", "is_fresh"),
    [
        (timedelta(minutes=30), True),
        (timedelta(minutes=30, microseconds=1), False),
        (timedelta(minutes=-1), True),
        (timedelta(minutes=-1, microseconds=-1), False),
    ],
)
def test_a_login_is_fresh_up_to_its_boundary_and_no_further(client, ana, moved, is_fresh):
    """Thirty minutes to the day's clock, and one minute ahead of it for two that differ."""
    with later(seconds=1):
        db.session.scalars(select(LoginSession)).one().authenticated_at = now() - moved
        db.session.commit()
        assert client.post(RESET.format(ana.id)).status_code == (200 if is_fresh else 401)


@pytest.mark.parametrize(("moved", "status"), [(-1, 200), (0, 401), (1, 401)])
def test_a_login_of_its_own_is_later_than_what_it_confirms(app, client, ana, moved, status):
    logged_in_at = db.session.scalars(select(LoginSession.authenticated_at)).one()
    db.session.rollback()

    @app.get("/ops/own")
    def own() -> str:
        require_fresh_login(after=logged_in_at + timedelta(microseconds=moved))
        return "done"

    answer = client.get("/ops/own", headers={"HX-Request": "true"})
    assert answer.status_code == status


def test_21_after_thirty_minutes_the_password_comes_first_and_then_it_goes_on(client, ana):
    """In place: the page says what is about to be done, and sends the same form once more."""
    before = ana.password_hash
    with later(minutes=31):
        response = client.post(
            RESET.format(ana.id), headers={"Referer": f"http://localhost/ops/accounts/{ana.id}"}
        )
        assert (response.status_code, ana.password_hash) == (401, before)
        page = check_page(response.text)
        assert "You are about to give an account a new password. It is not done yet" in words(page)
        assert page.find("a", string="Cancel")["href"] == f"/ops/accounts/{ana.id}"
        action, sent = in_hand(page)
        assert action == RESET.format(ana.id)
        wrong = client.post(action, data={**sent, AGAIN: "wrong wrong"})
        assert wrong.status_code == 422
        assert "Login again" not in words(check_page(wrong.text).find("main")), "its own fields"
        assert wrong.text.count('name="login_again_back"') == 1
        cancel = check_page(wrong.text).find("a", string="Cancel")
        assert cancel["href"] == f"/ops/accounts/{ana.id}"
        db.session.refresh(ana)
        assert ana.password_hash == before
        done = client.post(action, data={**sent, AGAIN: PASSWORD}, with_token=False)
        assert "This is shown once" in done.text
        db.session.refresh(ana)
        assert ana.password_hash != before


def test_nothing_that_was_typed_is_lost_on_the_way(client, ana):
    starts, ends = "2040-01-01T10:00", "2040-01-01T11:00"
    typed = {"target": "production", "summary": 'Move <b>\n"it"', "starts": starts, "ends": ends}
    with later(minutes=31):
        page = check_page(client.post("/ops/windows?x=1", data=typed).text)
        assert 'Move <b> "it"' in words(page.find("dl"))
        action, sent = in_hand(page)
        assert action == "/ops/windows?x=1"
        wrong = check_page(client.post(action, data={**sent, AGAIN: "wrong wrong"}).text)
        assert "The password is wrong." in words(wrong)
        action, sent = in_hand(wrong)
        assert {name: sent[name] for name in typed} == typed
        assert db.session.scalar(select(Window)) is None
        assert client.post(action, data={**sent, AGAIN: PASSWORD}, with_token=False).location
        assert db.session.scalars(select(Window)).one().summary == typed["summary"]


def test_a_long_text_comes_back_from_its_form_and_not_from_the_way_to_it(client, ana):
    """Whatever a request may hold: what is too long for the form is said there."""
    typed = {"target": "production", "summary": "Move " * 80_000}
    with later(minutes=31):
        action, sent = in_hand(check_page(client.post("/ops/windows", data=typed).text))
        assert sent["summary"] == typed["summary"]
        answer = client.post(action, data={**sent, AGAIN: PASSWORD}, with_token=False)
    assert answer.status_code == 422
    assert typed["summary"].strip() in answer.text


def test_sent_twice_at_once_it_is_done_once(app, client, ana, monkeypatch):
    gate, known = Barrier(2), login._known

    def both_are_here(email):
        gate.wait(timeout=20)
        return known(email)

    typed = {"target": "production", "summary": "Move"}
    typed |= {"starts": "2040-01-01T10:00", "ends": "2040-01-01T11:00"}
    with later(minutes=31):
        action, sent = in_hand(check_page(client.post("/ops/windows", data=typed).text))
        other = app.test_client()
        other.set_cookie("portal_staff", client.get_cookie("portal_staff").value)
        db.session.commit()
        monkeypatch.setattr(login, "_known", both_are_here)

        def press(browser) -> int:
            return browser.post(
                action, data={**sent, AGAIN: PASSWORD}, with_token=False
            ).status_code

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(press, [client, other])) == [303, 409]
    assert len(db.session.scalars(select(Window)).all()) == 1


def test_the_password_in_the_form_is_kept_nowhere(client, ana):
    with later(minutes=31):
        data = {"name": "Nia", "email": "nia@example.com", "role": "king", AGAIN: PASSWORD}
        response = client.post("/ops/accounts", data=data)
    assert response.status_code == 422
    assert PASSWORD not in response.text


@pytest.mark.parametrize(
    "data",
    [
        {"reason": "Now", "picture": (BytesIO(b"x"), "x.png")},
        {"reason": "Now", "new-password": "a new long sentence"},
    ],
)
def test_files_and_passwords_are_never_carried_and_the_page_says_that_nothing_was_done(
    client, ana, data
):
    with later(minutes=31):
        response = client.post(
            "/ops/databases/production/maintenance",
            data=data,
            headers={"Referer": "http://localhost/ops/databases"},
        )
        assert response.location == "/ops/login/again?next=/ops/databases"
        page = client.page(response.location)
        assert "What you asked for was not done" in words(page)
        wanted = page.find("input", attrs={"name": "next"})["value"]
        done = client.post("/ops/login/again", data={"password": PASSWORD, "next": wanted})
        assert (done.status_code, done.location) == (303, "/ops/databases")
        assert "was not done: do it once more" in words(client.page(done.location))
        assert "not done" not in words(client.page("/ops/login/again"))
    assert db.session.scalar(select(Operation)) is None


def test_a_download_goes_on_by_itself_after_the_login(client, ana):
    with later(minutes=31):
        response = client.get("/ops/incidents/changes.patch")
        assert response.location == "/ops/login/again?next=/ops/incidents/changes.patch"
        assert "was not done" not in words(client.page(response.location))


def test_46_a_login_of_the_future_is_none(client, ana):
    """A clock that was wrong when it was written opens no gate."""
    session = db.session.scalars(select(LoginSession)).one()
    session.authenticated_at = now() + timedelta(days=1)
    assert client.post(RESET.format(ana.id)).status_code == 401


def test_a_wrong_password_does_not_freshen(client, ana):
    with later(minutes=31):
        done = client.post("/ops/login/again", data={"password": "wrong wrong"})
        assert done.status_code == 422
        assert client.post(RESET.format(ana.id)).status_code == 401


def test_another_account_s_password_does_not_freshen(client, ana):
    omar = make_account("omar")
    with later(minutes=31):
        data = {"password": "wrong wrong", "email": omar.email}
        assert client.post("/ops/login/again", data=data).status_code == 422


def test_it_stays_the_same_session_under_a_new_token(client, ana):
    old = client.get_cookie("portal_staff").value
    client.post("/ops/login/again", data={"password": PASSWORD})
    assert db.session.scalar(select(LoginSession).where(LoginSession.ended_at.is_(None))).id == 1
    assert client.get_cookie("portal_staff").value != old
    client.set_cookie("portal_staff", old)
    assert client.get("/ops/sessions").status_code == 303


def test_32_next_stays_on_the_site(client, ana):
    data = {"password": PASSWORD, "next": "//evil.example"}
    assert client.post("/ops/login/again", data=data).location == "/ops"
    response = client.post("/ops/login/again?next=//evil.example", data={"password": PASSWORD})
    assert response.location == "/ops"


def test_a_stranger_is_sent_to_the_login(client):
    assert client.get("/ops/login/again").location == "/ops/login?next=/ops/login/again"
    assert client.post("/ops/login/again", data={"password": "x"}).status_code == 303


def test_32_a_page_that_another_site_names_is_not_gone_back_to(client, ana):
    with later(minutes=31):
        response = client.post(RESET.format(ana.id), headers={"Referer": "http://evil.example/x"})
        assert check_page(response.text).find("a", string="Cancel") is None


def test_a_login_can_be_asked_for_that_is_later_than_something(app, client, ana):
    """The second confirmation: the login that served the first one does not serve it too."""
    moments = {"confirmed": now()}

    @app.get("/ops/second")
    def second() -> str:
        require_fresh_login(after=moments["confirmed"])
        return "done"

    assert client.get("/ops/second").location == "/ops/login/again?next=/ops/second"
    client.post("/ops/login/again", data={"password": PASSWORD})
    assert client.get("/ops/second").text == "done"


def test_a_request_of_a_script_is_sent_where_to_log_in(client, ana):
    with later(minutes=31):
        response = client.post(
            RESET.format(ana.id),
            headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/ops/accounts"},
        )
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/ops/login/again?next=/ops/accounts"
