"""One's own password: the current one is asked for, and other sessions can be ended."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import select, update

from portal.accounts.login import login, passwords
from portal.accounts.login.passwords import fits
from portal.accounts.models import Account
from portal.audit.models import AuditEntry, Outcome
from portal.core.storage.database import db, own_ops_transaction
from tests.support.cast import PASSWORD, log_in, log_in_by_form, make_account
from tests.support.pages import words

NEW = "a quite different sentence"
END_OTHERS = {"end_others": "y"}


@pytest.fixture
def omar(client):
    account = make_account("omar")
    log_in(client, account)
    return account


def change(client, current: str = PASSWORD, new: str = NEW, **more: str):
    return client.post("/ops/password", data={"current": current, "new": new, **more})


def last() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()


def test_it_is_changed_and_recorded(app, client, omar):
    client.page("/ops/password")
    assert change(client).location == "/ops/sessions"
    db.session.refresh(omar)
    assert fits(NEW, omar.password_hash)
    assert (last().action, last().actor_id) == ("password.changed", omar.id)
    other = app.test_client()
    assert log_in_by_form(other, omar).status_code == 422
    assert log_in_by_form(other, omar, NEW).status_code == 303


@pytest.fixture
def worked(settings, monkeypatch) -> list[str]:
    """What is done with passwords from now on; each time somebody else writes to ops meanwhile."""
    hasher, done = passwords._hasher, []
    passwords._nobody()

    def unlocked(name: str):
        def work(_self, *words):
            with closing(sqlite3.connect(settings.data / "ops.sqlite3", timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            done.append(name)
            return getattr(hasher, name)(*words)

        return work

    watched = type("Watched", (), {name: unlocked(name) for name in ("hash", "verify")})()
    watched.check_needs_rehash = hasher.check_needs_rehash
    monkeypatch.setattr(passwords, "_hasher", watched)
    return done


def test_ops_is_not_locked_while_passwords_are_worked_on(client, omar, worked):
    """The current one, the one that was handed over, and the new one: whoever writes goes on."""
    omar.password_handed_over_at = omar.created_at
    db.session.commit()
    assert change(client).status_code == 303
    assert worked == ["verify", "verify", "hash"]


def test_nor_while_an_admin_hands_one_over(client, worked):
    log_in(client, make_account("ana"))
    new = {"email": "new@example.com", "name": "Somebody New", "role": "ops"}
    assert client.post("/ops/accounts", data=new).status_code == 200
    assert client.post(f"/ops/accounts/{make_account('omar').id}/password").status_code == 200
    assert worked == ["hash", "hash"]
    again = client.post("/ops/accounts", data=new)
    assert (again.status_code, "There is an account" in again.text) == (422, True)


def test_19_the_wrong_current_one_changes_nothing_and_is_recorded(client, omar):
    response = change(client, current="not this one")
    assert response.status_code == 422
    assert "The current password is wrong." in response.text
    assert "not this one" not in response.text
    db.session.refresh(omar)
    assert fits(PASSWORD, omar.password_hash)
    assert (last().action, last().outcome) == ("password.changed", Outcome.REFUSED)


@pytest.mark.parametrize(
    "new", ["short", "password123", "P@55w0rd2026!", "omar@example.com", "0mar2026!", "x" * 1001]
)
def test_one_that_will_not_do_changes_nothing(client, omar, new):
    assert change(client, new=new).status_code == 422
    db.session.refresh(omar)
    assert fits(PASSWORD, omar.password_hash)


def test_19_other_sessions_can_be_ended(app, client, omar):
    phone = app.test_client()
    log_in(phone, omar)
    change(client, **END_OTHERS)
    assert phone.get("/ops/password").status_code == 303
    client.page("/ops/password")


def test_other_sessions_can_be_kept(app, client, omar):
    phone = app.test_client()
    log_in(phone, omar)
    change(client)
    phone.page("/ops/password")


def test_a_client_has_one_too(client):
    log_in(client, make_account("cleo"))
    assert "Talkback" not in words(client.page("/ops/password").find("header"))
    assert change(client).status_code == 303


def test_a_stranger_is_sent_to_the_login(client):
    assert change(client).location == "/ops/login"


def test_it_goes_by_post_with_a_token(client, omar):
    response = client.post(
        "/ops/password", data={"current": PASSWORD, "new": NEW}, with_token=False
    )
    assert response.status_code == 400
    db.session.refresh(omar)
    assert fits(PASSWORD, omar.password_hash)


def test_one_that_somebody_else_gives_meanwhile_stays(client, omar, monkeypatch):
    """While the current one is looked at, an admin hands over another."""
    check = login.fits

    def meanwhile(password, password_hash):
        with own_ops_transaction() as other:
            other.execute(update(Account).values(password_hash="x"))
        return check(password, password_hash)

    monkeypatch.setattr(login, "fits", meanwhile)
    assert change(client).status_code == 422
    db.session.refresh(omar)
    assert omar.password_hash == "x"
