"""Login to the site: one answer for unknown and wrong, sessions that end, a way on that is ours."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.login import passwords
from portal.accounts.login.passwords import hash_password
from portal.control.demo import OWNER
from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.demo.people import Crowd
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.users.models import SiteAccount, SiteSession
from tests.support.cast import log_in, make_account
from tests.support.owners import PASSWORD, log_in_site, make_user
from tests.support.pages import check_page, words

EMAIL = "olive@example.com"
BCRYPT = "$2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234"


def log_in_by_form(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, **more: str):
    return client.post("/login", data={"email": email, "password": password, **more})


def token_of(client: FlaskClient) -> str | None:
    with client.session_transaction(path="/me") as session:
        return session.get("_user_id")


def test_a_person_logs_in_and_out(olive: User, client: FlaskClient):
    assert client.get("/me").location == "/login?next=/me"
    client.page("/login?next=/me/sessions")
    with client.session_transaction(path="/me") as session:
        session["seen-before"] = 1
    answer = log_in_by_form(client, " Olive@Example.com ", next="/me/sessions")
    assert (answer.status_code, answer.location) == (303, "/me/sessions")
    token = token_of(client)
    with client.session_transaction(path="/me") as session:
        assert "seen-before" not in session
    assert client.get("/login").location == "/me"

    again = log_in_by_form(client)  # a new session, and the old one is dead
    assert again.status_code == 303
    assert token_of(client) != token
    assert client.post("/logout").location == "/login"
    assert "You are logged out." in client.get("/login").text
    for old in (token, token_of(client) or "x"):
        with client.session_transaction(path="/me") as session:
            session["_user_id"] = old
        assert client.get("/me").status_code == 303
    db.session.rollback()
    assert all(row.ended_at for row in db.session.scalars(select(SiteSession)))


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("legacy@example.com", "x"), ("x", "x")],
)
def test_unknown_and_wrong_and_unreadable_are_one_answer(
    olive, client, monkeypatch, email, password
):
    make_user("legacy@example.com", password_hash=BCRYPT)
    verified: list[str] = []
    real = passwords._hasher.verify

    class Counting:
        def __getattr__(self, name: str):
            return getattr(hasher, name)

        def verify(self, hashed: str, words: bytes) -> bool:
            verified.append(hashed)
            return real(hashed, words)

    hasher = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Counting())
    answer = log_in_by_form(client, email, password)
    assert answer.status_code == 422
    page = check_page(answer.text)
    assert "The email address or the password is wrong." in words(page.select_one("[role=alert]"))
    assert page.select_one("[name=email]")["value"] == email
    assert PASSWORD not in answer.text
    assert len(verified) == 1
    assert verified[0].startswith("$argon2id$")


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/me/messages?page=2", "/me/messages?page=2"),
        ("//evil.example", "/me"),
        ("https://evil.example/", "/me"),
        ("/\\evil.example", "/me"),
        ("/ops/accounts", "/me"),
        ("/client", "/me"),
        ("/login?next=/login", "/me"),
        ("/logout", "/me"),
        ("", "/me"),
    ],
)
def test_32_the_way_on_stays_on_this_site(olive, client, wanted, goes):
    assert log_in_by_form(client, next=wanted).location == goes


def test_it_is_throttled_and_a_right_password_costs_nothing(olive: User, client: FlaskClient):
    assert [log_in_by_form(client).status_code for _ in range(7)] == [303] * 7
    client.delete_cookie("portal_site_device")
    client.post("/logout")
    assert [log_in_by_form(client, password="x").status_code for _ in range(6)] == [422] * 5 + [429]
    assert log_in_by_form(client).status_code == 429
    with time_machine.travel(now() + timedelta(minutes=1, seconds=1), tick=False):
        assert log_in_by_form(client).status_code == 303


def test_a_blocked_account_is_said_after_the_right_password_alone(olive, own, client):
    with changing_directory():
        db.session.add(SiteAccount(user_id=olive.id, blocked_at=now(), blocked_because="Spam."))
    assert own.get("/me").status_code == 303  # its session has ended
    assert "blocked" not in log_in_by_form(client, password="x").text
    answer = log_in_by_form(client)
    assert answer.status_code == 403
    assert "This account is blocked" in answer.text
    assert "Spam." in answer.text


def test_an_address_that_was_never_confirmed_leads_to_the_mail(site: Flask, client: FlaskClient):
    make_user(email_verified=False)
    assert "never confirmed" not in log_in_by_form(client, password="x").text
    answer = log_in_by_form(client)
    assert answer.status_code == 409
    assert "never confirmed" in answer.text
    assert check_page(answer.text).select_one('main a[href="/login/forgotten"]')


def test_an_address_of_older_releases_is_found_whatever_its_case(site, client):
    make_user("Olive@Example.com")
    other = make_user("OLIVE@example.com", name="Other")
    assert log_in_by_form(client, "OLIVE@example.com").status_code == 303
    assert words(client.page("/me").h1) == "Hello, Other"
    assert other.email == "OLIVE@example.com"


def test_idle_and_absolute_time_outs(own: FlaskClient):
    begun = now()
    with time_machine.travel(begun + timedelta(days=13), tick=False):
        assert own.get("/me").status_code == 200
    with time_machine.travel(begun + timedelta(days=26, hours=23), tick=False):
        assert own.get("/me").status_code == 200
    with time_machine.travel(begun + timedelta(days=41), tick=False):
        assert own.get("/me").status_code == 303


def test_a_session_lasts_thirty_days_at_most(own: FlaskClient):
    begun = now()
    for day in (10, 20, 29):
        with time_machine.travel(begun + timedelta(days=day), tick=False):
            assert own.get("/me").status_code == 200
    with time_machine.travel(begun + timedelta(days=30, seconds=1), tick=False):
        assert own.get("/me").status_code == 303


def test_its_use_is_noted_once_a_minute(own: FlaskClient):
    def seen():
        db.session.rollback()
        return db.session.scalars(select(SiteSession.last_seen_at)).one()

    first = seen()
    own.get("/me")
    assert seen() == first
    later = now() + timedelta(seconds=61)
    with time_machine.travel(later, tick=False):
        own.get("/me")
        own.get("/studios")
        assert seen() == now()


def test_both_realms_at_once(olive: User, client: FlaskClient):
    log_in(client, make_account("omar"))
    assert client.get("/me").status_code == 303  # none of the site's
    log_in_site(client, olive)
    assert words(client.page("/me").h1) == "Hello, Olive Marsh"
    assert client.get("/ops/sessions").status_code == 200
    client.post("/logout")
    assert client.get("/ops/sessions").status_code == 200
    assert client.get("/me").status_code == 303
    log_in_by_form(client)
    client.post("/ops/logout")
    assert client.get("/ops/sessions").status_code == 303
    assert client.get("/me").status_code == 200


def test_without_ops_nobody_gets_in_and_pages_are_shown(olive, client, settings):
    """No attempt can be counted, so none is made."""
    ops = settings.data / "ops.sqlite3"
    db.session.remove()
    db.engines["ops"].dispose()
    ops.rename(ops.with_suffix(".away"))
    assert client.get("/login").status_code == 200
    answer = log_in_by_form(client)
    assert answer.status_code == 503
    assert "nothing was saved" in answer.text
    assert check_page(answer.text).select_one("[name=email]")["value"] == EMAIL
    ops.with_suffix(".away").rename(ops)
    assert log_in_by_form(client).status_code == 303


def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(olive, client):
    fields = {"email": EMAIL, "password": PASSWORD}
    assert client.post("/login", data=fields, with_token=False).status_code == 400
    elsewhere = {"Origin": "https://evil.example"}
    assert client.post("/login", data=fields, headers=elsewhere).status_code == 400
    assert client.get("/logout").status_code == 405
    assert token_of(client) is None


def test_the_demo_s_owner_logs_in_and_has_a_page(site: Flask, client: FlaskClient):
    made = Crowd((OWNER, hash_password(PASSWORD))).person(1, has_profile=True, has_studio=True)
    with changing_directory():
        db.session.add(User(**made.user))
        values = {"status": StudioStatus.ACTIVE, "is_profile_visible": True}
        db.session.add(StudioProfile(user_id=1, name=made.studio["name"], **values))
    assert log_in_by_form(client, OWNER).location == "/me"
    page = client.page("/me")
    assert words(page.h1) == "Hello, Ben Hargreaves"
    assert "published" in words(page.select_one(".next-step"))


def test_strangers_can_not_keep_a_person_out_of_their_own_browser(olive, client, site):
    log_in_by_form(client)
    stranger = site.test_client()
    assert [log_in_by_form(stranger, password="x").status_code for _ in range(6)][-1] == 429
    assert log_in_by_form(stranger).status_code == 429

    passwords_ = {"current": PASSWORD, "new": "seven loud loudspeakers"}
    assert client.post("/me/password", data=passwords_).status_code == 303
    client.post("/logout")
    assert log_in_by_form(client, password="seven loud loudspeakers").status_code == 303
    assert not client.get_cookie("portal_device")  # that of the control room
    cookie = client.get_cookie("portal_site_device")
    assert cookie
    assert (cookie.http_only, "olive" in cookie.value) == (True, False)

    client.post("/logout")
    make_user("other@example.com")  # it is known to one account alone, and slowed down as well
    others = [log_in_by_form(client, "other@example.com", "x").status_code for _ in range(6)]
    assert others == [422] * 5 + [429]
    assert [log_in_by_form(client, password="x").status_code for _ in range(11)][-1] == 429
