"""40, second half: a password that somebody else handed over is changed before anything else."""

import re

import pytest

from portal.accounts.clients.logins import give_login
from portal.accounts.clients.service import Person, add_contact, create_organisation
from portal.accounts.login.cookies import realm_of
from portal.accounts.models import Account, Reading, Realm, Role
from portal.accounts.service import create_account, enable_account, reset_password
from portal.accounts.setup import BEFORE_ONES_OWN_PASSWORD
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from tests.house.test_routes import SAVED
from tests.support import pages
from tests.support.cast import PASSWORD, log_in, log_in_by_form, make_account
from tests.support.pages import check_page, words

OWN = "a boat that nobody else knows"


def created_on_the_page(client, by) -> tuple[Account, str]:
    log_in(client, by)
    data = {"name": "Zoe", "email": "zoe@example.com", "role": "admin"}
    return last(), shown(client.post("/ops/accounts", data=data))


def reset_on_the_page(client, by) -> tuple[Account, str]:
    zoe = make_account("zoe", Role.ADMIN)
    log_in(client, by)
    return zoe, shown(client.post(f"/ops/accounts/{zoe.id}/password"))


def created_at_the_terminal(app, _by) -> tuple[Account, str]:
    runner = app.application.test_cli_runner()
    arguments = ["--email", "zoe@example.com", "--name", "Zoe", "--role", "ops"]
    said = runner.invoke(args=["accounts", "create", *arguments], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert said.exit_code == 0, said.output
    return last(), PASSWORD


def given_to_a_client(_client, by) -> tuple[Account, str]:
    organisation = create_organisation(slug="a", name="A", reading=Reading.ALL, by=by)
    person = Person("Zoe", "zoe@example.com", "UTC", "Zoe")
    found = give_login(add_contact(organisation, person, by=by), by=by)
    db.session.commit()
    return found


def shown(answer) -> str:
    return check_page(answer.text).select_one("pre code, pre").get_text().strip()


def last() -> Account:
    db.session.expire_all()
    return db.session.scalars(db.select(Account).order_by(Account.id.desc()).limit(1)).one()


WAYS = [created_on_the_page, reset_on_the_page, created_at_the_terminal, given_to_a_client]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_40_a_password_handed_over_is_changed_before_anything_else(app, client, way):
    zoe, password = way(client, make_account("ana"))
    zoe = db.session.scalars(db.select(Account).where(Account.email == "zoe@example.com")).one()
    home = "/ops" if zoe.is_staff else "/client"
    assert log_in_by_form(client, zoe, password).location.endswith(home)

    for page in (home, "/ops/sessions", "/ops/login/again", "/documents/images/x.png"):
        assert client.get(page).location.startswith("/ops/password"), page
    assert client.get(home, headers={"HX-Request": "true"}).headers["HX-Redirect"]
    for path in ("/ops/login/again", "/ops/time-zone", "/ops/databases/production/maintenance"):
        assert client.post(path, data={"reason": "x", "password": password}).status_code == 403
    refused = db.session.scalars(
        db.select(AuditEntry.target).where(AuditEntry.outcome == "refused")
    )
    assert "/ops/databases/production/maintenance" in set(refused)

    assert "Somebody else gave you this password" in words(client.page("/ops/password"))
    same = client.post("/ops/password", data={"current": password, "new": password})
    assert (same.status_code, "Choose another one" in same.text) == (422, True)
    answer = client.post(
        "/ops/password", data={"current": password, "new": OWN, "next": "/ops/sessions"}
    )
    assert answer.location == "/ops/sessions"
    assert "Somebody else" not in words(client.page("/ops/password"))
    assert client.get("/ops/sessions").status_code == 200


def test_40_whoever_handed_it_over_keeps_no_session_that_they_opened_with_it(app, client):
    """Whatever the form says about other sessions."""
    zoe, other = make_account("zoe", Role.ADMIN), app.test_client()
    password = reset_password(zoe, by=make_account("ana"))
    log_in_by_form(other, zoe, password)
    log_in_by_form(client, zoe, password)
    assert not client.page("/ops/password").find("input", attrs={"name": "end_others"})
    client.post("/ops/password", data={"current": password, "new": OWN})

    assert client.get("/ops/sessions").status_code == 200
    assert other.get("/ops/sessions").location.startswith("/ops/login")


def test_40_logging_out_and_public_pages_stay_open(app, client):
    zoe = make_account("zoe", Role.OPS)
    reset_password(zoe, by=make_account("ana"))
    log_in(client, zoe)

    assert client.get("/ops").location.startswith("/ops/password")
    assert client.get("/healthz").status_code == 200
    assert client.post("/ops/logout").status_code == 303
    assert client.page("/ops/login")


def test_40_nothing_else_opens_at_any_route(client, monkeypatch):
    """Not even with the password in the form; a route that is new is asked as well."""
    monkeypatch.setattr(pages, "check_page", lambda _text: None)
    zoe = make_account("zoe", Role.ADMIN)
    reset_password(zoe, by=make_account("ana"))
    log_in(client, zoe)
    asked = 0
    for line in SAVED.read_text(encoding="utf-8").splitlines():
        rule, method, endpoint = line.split(" ")
        if realm_of(rule) is not Realm.STAFF or endpoint in BEFORE_ONES_OWN_PASSWORD:
            continue
        path = re.sub(r"<[^>]*>", "x", re.sub(r"<int:\w+>", "1", rule))
        sent = {"login_again_password": PASSWORD} if method == "POST" else None
        answer = client.open(path, method=method, data=sent)
        to_the_page = (answer.location or "").startswith("/ops/password")
        assert to_the_page or answer.status_code == 403, (method, path)
        asked += 1
    assert asked > 100


@pytest.mark.parametrize("case", ["a demo's set-up", "one's own reset", "there at the upgrade"])
def test_40_no_other_person_knows_these(app, client, case):
    ana = make_account("ana")
    if case == "a demo's set-up":
        zoe = create_account(
            email="zoe@example.com", name="Zoe", role=Role.OPS, password=OWN, by=ana, by_setup=True
        )
    elif case == "one's own reset":
        zoe = ana
        reset_password(ana, by=ana)
    else:
        zoe = make_account("zoe", Role.OPS)
    log_in(client, zoe)

    assert client.get("/ops").status_code == 200


def test_40_enabling_an_account_again_does_not_forget_that_it_was_handed_over(app, client):
    zoe, ana = make_account("zoe", Role.OPS), make_account("ana")
    reset_password(zoe, by=ana)
    enable_account(zoe, by=ana)
    log_in(client, zoe)

    assert client.get("/ops").location.startswith("/ops/password")
