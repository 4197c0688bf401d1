"""Requests that another site made a browser send change nothing."""

import pytest
from sqlalchemy import select

from portal.accounts.models import LoginSession
from portal.audit.models import AuditEntry, RefusalCount
from portal.core.storage.database import db
from tests.support.cast import PASSWORD, log_in, make_account
from tests.support.pages import check_page, words

HERE = "http://localhost"


@pytest.fixture
def omar(client):
    account = make_account("omar")
    log_in(client, account)
    return account


def still_in() -> bool:
    return (
        db.session.scalar(select(LoginSession).where(LoginSession.ended_at.is_(None))) is not None
    )


def refused(response) -> bool:
    assert "nothing was changed" in words(check_page(response.text))
    return response.status_code == 400 and still_in()


def test_01_a_form_without_a_token_is_refused_in_one_sentence(client, omar):
    response = client.post("/ops/logout", with_token=False)
    assert refused(response)
    assert "This form is out of date, so nothing was changed." in response.text


@pytest.mark.parametrize("token", ["", "nonsense", "é", "x" * 5000])
def test_01_a_token_that_is_none(client, omar, token):
    assert refused(client.post("/ops/logout", data={"csrf_token": token}, with_token=False))


def test_01_another_session_s_token(app, client, omar):
    token = app.test_client().csrf_token()
    assert refused(client.post("/ops/logout", data={"csrf_token": token}, with_token=False))


def test_01_the_other_realm_s_token(client, omar):
    token = client.csrf_token("/")
    assert refused(client.post("/ops/logout", data={"csrf_token": token}, with_token=False))


def test_the_token_in_the_page_is_good(client, omar):
    page = client.page("/ops/sessions")
    token = page.find("input", attrs={"name": "csrf_token"})["value"]
    done = client.post("/ops/logout", data={"csrf_token": token}, with_token=False)
    assert done.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:8001"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
def test_02_what_comes_from_elsewhere_is_refused_even_with_a_token(client, omar, headers):
    response = client.post("/ops/logout", headers=headers)
    assert refused(response)
    assert "sent from another site" in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": HERE},
        {"Origin": "http://localhost:8000"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ],
)
def test_what_comes_from_here_is_not(client, omar, headers):
    assert client.post("/ops/logout", headers=headers).status_code == 303


def test_reading_from_elsewhere_is_no_harm(client, omar):
    response = client.get("/ops/sessions", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200


def test_a_stranger_s_refusals_are_counted(app, client):
    for _ in range(3):
        client.post("/ops/login", data={"email": "a@b.c", "password": PASSWORD}, with_token=False)
    assert db.session.scalar(select(AuditEntry)) is None
    assert db.session.scalar(select(RefusalCount)).door == "request.refused"


def test_those_of_somebody_logged_in_are_entries(client, omar):
    client.post("/ops/logout", with_token=False)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, entry.target) == ("request.refused", "/ops/logout")
    assert entry.actor_id == omar.id


def test_an_address_that_is_not_there_stays_not_there(client, omar):
    assert client.post("/ops/nowhere", with_token=False).status_code == 404
