"""Dangerous actions ask for a fresh login: the password of the same account, again."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.access import require_fresh_login
from portal.accounts.models import LoginSession
from portal.core.clock import now
from portal.core.database import db
from tests.support.cast import PASSWORD, log_in, make_account
from tests.support.pages import words

RESET = "/ops/accounts/{}/password"


@pytest.fixture
def ana(client):
    account = make_account("ana")
    log_in(client, account)
    return account


def later(**time: int):
    return time_machine.travel(now() + timedelta(**time), tick=False)


def test_within_thirty_minutes_nothing_is_asked(client, ana):
    with later(minutes=29):
        assert client.post(RESET.format(ana.id)).status_code == 200


def test_after_thirty_minutes_the_login_comes_first_and_nothing_is_changed(client, ana):
    before = ana.password_hash
    with later(minutes=31):
        response = client.post(
            RESET.format(ana.id), headers={"Referer": f"http://localhost/ops/accounts/{ana.id}"}
        )
        assert response.status_code == 303
        assert response.location == f"/ops/login/again?next=/ops/accounts/{ana.id}"
        assert ana.password_hash == before
        page = client.page(response.location)
        assert "ana@example.com" in words(page)
        wanted = page.find("input", attrs={"name": "next"})["value"]
        done = client.post("/ops/login/again", data={"password": PASSWORD, "next": wanted})
        assert (done.status_code, done.location) == (303, f"/ops/accounts/{ana.id}")
        assert client.post(RESET.format(ana.id)).status_code == 200


def test_a_wrong_password_does_not_freshen(client, ana):
    with later(minutes=31):
        done = client.post("/ops/login/again", data={"password": "wrong wrong"})
        assert done.status_code == 400
        assert client.post(RESET.format(ana.id)).status_code == 303


def test_another_account_s_password_does_not_freshen(client, ana):
    omar = make_account("omar")
    with later(minutes=31):
        data = {"password": "wrong wrong", "email": omar.email}
        assert client.post("/ops/login/again", data=data).status_code == 400


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
        assert response.location == "/ops/login/again"


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


def test_a_request_of_a_script_is_told_where_to_log_in(client, ana):
    with later(minutes=31):
        response = client.post(
            RESET.format(ana.id),
            headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/ops/accounts"},
        )
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/ops/login/again?next=/ops/accounts"
