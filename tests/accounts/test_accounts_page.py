"""Accounts are made and changed by admins alone, and every change is recorded."""

import json

import pytest
from sqlalchemy import select

from portal.accounts.login.passwords import fits
from portal.accounts.models import Account, Role
from portal.audit.models import AuditEntry, Outcome
from portal.core.storage.database import db
from tests.support.cast import log_in, log_in_by_form, make_account
from tests.support.pages import words

NEW = {"name": "Nia", "email": "Nia@Example.com", "role": "ops"}


@pytest.fixture
def ana(client):
    account = make_account("ana")
    log_in(client, account)
    return account


def last() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()


def nia() -> Account | None:
    return db.session.scalar(select(Account).where(Account.email == "nia@example.com"))


def password_shown(response) -> str:
    page = response.text
    return page[page.index("<code>") + 6 : page.index("</code>")]


def test_an_account_is_made_and_its_password_shown_once(app, client, ana):
    response = client.post("/ops/accounts", data=NEW)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    password = password_shown(response)
    assert (nia().name, nia().role) == ("Nia", Role.OPS)
    assert fits(password, nia().password_hash)
    assert (last().action, last().target) == ("account.created", f"accounts/{nia().id}")
    assert password not in last().canonical
    assert log_in_by_form(app.test_client(), nia(), password).location == "/ops"
    assert "Nia" in words(client.page("/ops/accounts"))


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"name": ""}, 422, "Fill in a name."),
        ({"email": "nobody"}, 422, "“nobody” is not an email address."),
        ({"email": "nia@exa mple.com"}, 422, "is not an email address."),
        ({"email": "nia@example.com\r\nBcc: all@example.com"}, 422, "is not an email address."),
        ({"email": "ANA@example.com"}, 422, "There is an account for ana@example.com already."),
        ({"role": "owner"}, 422, "Not a valid choice"),
        ({"role": ""}, 422, "Not a valid choice"),
    ],
)
def test_what_can_not_be_an_account(client, ana, fields, status, sentence):
    response = client.post("/ops/accounts", data=NEW | fields)
    assert response.status_code == status
    assert sentence in response.text
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_a_role_is_changed_and_holds_at_once(app, client, ana):
    omar = make_account("omar")
    his = app.test_client()
    log_in(his, omar)
    assert his.get("/ops/audit").status_code == 200
    response = client.post(f"/ops/accounts/{omar.id}/role", data={"role": "client"})
    assert response.location == f"/ops/accounts/{omar.id}"
    assert json.loads(last().canonical)["details"] == {"before": "ops", "after": "client"}
    assert his.get("/ops/audit").status_code == 403


def test_a_disabled_account_is_out_everywhere_and_can_not_come_back(app, client, ana):
    omar = make_account("omar")
    devices = [app.test_client() for _ in range(2)]
    for device in devices:
        log_in(device, omar)
    client.post(f"/ops/accounts/{omar.id}/disablement")
    assert last().action == "account.disabled"
    assert [device.get("/ops/sessions").status_code for device in devices] == [303, 303]
    assert log_in_by_form(app.test_client(), omar).status_code == 422
    client.post(f"/ops/accounts/{omar.id}/disablement/end")
    assert [device.get("/ops/sessions").status_code for device in devices] == [303, 303]
    assert log_in_by_form(app.test_client(), omar).status_code == 303


def test_disabling_twice_is_recorded_once(client, ana):
    omar = make_account("omar")
    for _ in range(2):
        client.post(f"/ops/accounts/{omar.id}/disablement")
    query = select(AuditEntry).where(AuditEntry.action == "account.disabled")
    assert len(db.session.scalars(query).all()) == 1


def test_a_password_is_reset_and_the_sessions_end(app, client, ana):
    omar = make_account("omar")
    his = app.test_client()
    log_in(his, omar)
    password = password_shown(client.post(f"/ops/accounts/{omar.id}/password"))
    assert his.get("/ops/sessions").status_code == 303
    assert log_in_by_form(his, omar).status_code == 422
    assert log_in_by_form(his, omar, password).status_code == 303


@pytest.mark.parametrize("change", [("role", {"role": "ops"}), ("disablement", {})])
def test_the_last_administrator_can_not_be_lost(client, ana, change):
    address, data = change
    response = client.post(f"/ops/accounts/{ana.id}/{address}", data=data)
    assert response.status_code == 409
    assert "Ana is the last administrator who can log in." in response.text
    db.session.refresh(ana)
    assert (ana.role, ana.is_disabled) == (Role.ADMIN, False)
    assert last().outcome is Outcome.REFUSED
    second = make_account("second", Role.ADMIN)
    assert client.post(f"/ops/accounts/{second.id}/{address}", data=data).status_code == 303


WRITES = [
    ("", NEW),
    ("/1/role", {"role": "admin"}),
    ("/1/disablement", {}),
    ("/1/disablement/end", {}),
    ("/1/password", {}),
]


@pytest.mark.parametrize("name", ["omar", "cleo"])
@pytest.mark.parametrize(("address", "data"), WRITES)
def test_no_other_role_may(client, name, address, data):
    ana = make_account("ana")
    before = (ana.role, ana.disabled_at, ana.password_hash)
    log_in(client, make_account(name))
    assert client.post(f"/ops/accounts{address}", data=data).status_code == 403
    db.session.refresh(ana)
    assert (ana.role, ana.disabled_at, ana.password_hash) == before
    assert nia() is None
    assert last().action == "access.refused"


@pytest.mark.parametrize(("address", "data"), WRITES)
def test_a_stranger_is_sent_to_the_login(client, address, data):
    make_account("ana")
    assert client.post(f"/ops/accounts{address}", data=data).location == "/ops/login"
    assert nia() is None


@pytest.mark.parametrize(("address", "data"), WRITES[1:])
def test_wrong_ids_and_methods(client, ana, address, data):
    assert client.get(f"/ops/accounts{address}").status_code == 405
    missing = address.replace("/1/", "/99/")
    assert client.post(f"/ops/accounts{missing}", data=data).status_code == 404


def test_hostile_names_are_shown_as_typed(client, ana):
    name = "<b>{{ 7*7 }}</b>"
    client.post("/ops/accounts", data=NEW | {"name": name})
    page = client.page(f"/ops/accounts/{nia().id}")
    assert words(page.find("h1")) == name
