"""Logging in: one login, then each to their own door."""

import json
import re

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select, update

from portal.accounts.login import login, passwords
from portal.accounts.login.passwords import is_outdated
from portal.accounts.login.redirects import safe_path
from portal.accounts.models import Account, LoginSession
from portal.audit.models import AuditEntry, AuditPersonal, Personal
from portal.core.clock import now
from portal.core.storage.database import db, own_ops_transaction
from tests.support.cast import PASSWORD, log_in, log_in_by_form, make_account
from tests.support.pages import words


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def answer(response, name: str) -> str:
    """The page, without what differs anyhow: the token's time and the name that was typed."""
    text = re.sub(r'(name="csrf_token"[^>]*value=)"[^"]*"', r"\1", response.text)
    return text.replace(f"{name}@", "")


def cookie(client, name: str = "portal_staff") -> str:
    return client.get_cookie(name).value


@pytest.mark.parametrize(("name", "door"), [("ana", "/ops"), ("omar", "/ops"), ("cleo", "/client")])
def test_each_role_goes_to_its_own_start_page(client, name, door):
    response = log_in_by_form(client, make_account(name))
    assert (response.status_code, response.location) == (303, door)
    assert actions() == ["login.succeeded"]


def test_the_login_page_is_for_everyone(client):
    assert client.page("/ops/login").find("h1").text == "Log in"


def test_who_is_logged_in_already_goes_on(client):
    log_in(client, make_account("cleo"))
    assert client.get("/ops/login").location == "/client"


def test_the_address_is_read_without_regard_to_case_and_spaces(client):
    make_account("omar")
    assert log_in_by_form(client, " OMAR@Example.com ").status_code == 303


def test_14_a_wrong_password_and_an_unknown_account_get_the_same_answer(client):
    known = log_in_by_form(client, make_account("omar"), "not the password")
    unknown = log_in_by_form(client, "stranger@example.com", "not the password")
    disabled = make_account("ana")
    disabled.disabled_at = disabled.created_at
    gone = log_in_by_form(client, disabled)
    assert known.status_code == unknown.status_code == gone.status_code == 422
    assert "The email address or the password is wrong." in known.text
    assert answer(known, "omar") == answer(unknown, "stranger") == answer(gone, "ana")
    assert not db.session.scalars(select(LoginSession)).all()


def test_14_an_unknown_account_costs_a_hash_as_well(client, monkeypatch):
    """Times on a busy machine prove little; the work done is the same in all three cases."""
    seen = []
    verify = passwords._hasher.verify
    hasher = type("Watched", (), {"verify": lambda _, h, p: seen.append(h) or verify(h, p)})()
    hasher.hash = passwords._hasher.hash
    monkeypatch.setattr(passwords, "_hasher", hasher)
    log_in_by_form(client, make_account("omar"), "wrong wrong")
    log_in_by_form(client, "stranger@example.com", "wrong wrong")
    assert len(seen) == 2
    assert extract_parameters(seen[0]) == extract_parameters(seen[1])


def test_the_password_is_never_shown_again(client):
    response = log_in_by_form(client, make_account("omar"), "my secret typo")
    assert "my secret typo" not in response.text
    assert 'value="omar@example.com"' in response.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"email": ""}, "Fill in your email address."), ({"password": ""}, "Fill in your password.")],
)
def test_an_empty_field_is_named(client, fields, sentence):
    data = {"email": "omar@example.com", "password": PASSWORD} | fields
    response = client.post("/ops/login", data=data)
    assert (response.status_code, sentence in response.text) == (422, True)


@pytest.mark.parametrize("path", ["/ops/runbooks", "/ops/audit?outcome=done&actor=ana"])
def test_next_leads_back_to_the_page_that_was_wanted(client, path):
    make_account("omar")
    login = client.get(path).location
    page = client.page(login)
    wanted = page.find("input", attrs={"name": "next"})["value"]
    assert log_in_by_form(client, make_account("omar"), next=wanted).location == path


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/ops",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/ops\r\nLocation: //evil.example",
        " //evil.example",
        "ops",
        "",
        "/studios",
        "//[",
    ],
)
def test_32_next_stays_on_the_site(client, evil):
    assert safe_path(evil) in {None, "/studios"}
    assert log_in_by_form(client, make_account("omar"), next=evil).location == "/ops"


@pytest.mark.parametrize("path", ["/ops/audit", "/ops", "/opsy"])
def test_next_never_leads_a_client_to_the_staff(client, path):
    assert log_in_by_form(client, make_account("cleo"), next=path).location == "/client"


def test_16_a_login_renews_the_session_and_the_old_one_is_dead(client):
    omar = make_account("omar")
    log_in_by_form(client, omar)
    old = cookie(client)
    log_in_by_form(client, omar)
    assert cookie(client) != old
    first, second = db.session.scalars(select(LoginSession).order_by(LoginSession.id))
    assert first.ended_at is not None
    assert second.is_live
    client.set_cookie("portal_staff", old)
    assert client.get("/ops/sessions").location.startswith("/ops/login?")


def test_16_a_token_planted_before_the_login_is_worth_nothing_after_it(client):
    """Session fixation: whatever the cookie held before the login is gone after it."""
    with client.session_transaction(path="/ops") as session:
        session["planted"] = "by a stranger"
        session["csrf_token"] = "known to a stranger"
    log_in_by_form(client, make_account("omar"))
    with client.session_transaction(path="/ops") as session:
        assert "planted" not in session
        assert session.get("csrf_token") != "known to a stranger"


def test_the_cookie_holds_a_token_and_the_row_only_its_hash(client):
    log_in_by_form(client, make_account("omar"))
    with client.session_transaction(path="/ops") as session:
        token = session["_user_id"]
    row = db.session.scalar(select(LoginSession))
    assert len(token) >= 43
    assert token not in row.token_hash
    assert len(row.token_hash) == 64


def test_a_failure_of_a_known_account_is_an_entry_and_names_no_stranger(client):
    omar = make_account("omar")
    log_in_by_form(client, omar, "wrong wrong")
    entry = db.session.scalar(select(AuditEntry))
    said = json.loads(entry.canonical)
    assert (entry.action, entry.outcome, entry.actor_role) == ("login.failed", "refused", "visitor")
    assert said["target"] == f"accounts/{omar.id}"


def test_a_success_says_from_where(client):
    log_in_by_form(client, make_account("omar"))
    rows = db.session.scalars(select(AuditPersonal)).all()
    assert {row.field: row.value for row in rows} == {
        Personal.NAME: "Omar",
        Personal.ADDRESS: "127.0.0.1",
    }


def test_a_hash_of_weaker_parameters_is_recomputed(client, costly_hashes):
    omar = make_account("omar")
    omar.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    db.session.commit()
    assert log_in_by_form(client, omar).status_code == 303
    db.session.expire_all()
    assert not is_outdated(db.session.scalar(select(Account.password_hash)))
    assert log_in_by_form(client, omar).status_code == 303


def test_the_account_in_the_page_is_who_logged_in(client):
    log_in_by_form(client, make_account("cleo"))
    assert "Logged in as cleo@example.com (client)" in words(client.page("/client"))


@pytest.mark.parametrize("change", [{"password_hash": "x"}, {"disabled_at": now()}])
def test_a_password_that_is_changed_while_it_is_looked_at_opens_nothing(
    client, monkeypatch, change
):
    omar, fits = make_account("omar"), login.fits

    def meanwhile(password, password_hash):
        with own_ops_transaction() as other:
            other.execute(update(Account).values(**change))
        return fits(password, password_hash)

    monkeypatch.setattr(login, "fits", meanwhile)
    response = log_in_by_form(client, omar)
    assert response.status_code == 422
    assert db.session.scalar(select(LoginSession)) is None
    assert actions() == ["login.failed"]
