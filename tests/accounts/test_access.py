"""Who may do what: the table of roles in the architecture, as far as its pages exist."""

from uuid import UUID

import pytest
from sqlalchemy import select

from portal.accounts.models import Role
from portal.audit.models import AuditEntry, Outcome
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account
from tests.support.pages import words

ANYBODY = {"cleo", "omar", "ana"}
STAFF = {"omar", "ana"}
ADMINS = {"ana"}
PAGES = {
    "/client": ANYBODY,
    "/ops": STAFF,
    "/ops/password": ANYBODY,
    "/ops/sessions": ANYBODY,
    "/ops/login/again": ANYBODY,
    "/ops/audit": STAFF,
    "/ops/audit/newer": STAFF,
    "/ops/runbooks": STAFF,
    "/ops/databases": STAFF,
    "/ops/migrations": STAFF,
    "/ops/backups": STAFF,
    "/ops/accounts": ADMINS,
    "/ops/accounts/1": ADMINS,
}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", ["cleo", "omar", "ana"])
def test_11_the_table_of_roles(app, client, path, name):
    log_in(client, make_account(name))
    status = client.get(path).status_code
    elsewhere = 303 if path == "/ops" else 403  # a client is led to the client area
    assert status == (200 if name in PAGES[path] else elsewhere)


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_the_login(app, client, path):
    response = client.get(path)
    assert (response.status_code, response.location) == (303, f"/ops/login?next={path}")


def test_every_page_below_ops_and_client_asks_for_a_login(app, client):
    """Whatever is added under /ops or /client is shut unless it is named here."""
    links = {"/client/links/<token>", "/client/links/<token>.pdf"}
    open_to_all = {"/ops/login", "/ops/login/demo", "/ops/logout"} | links
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(("/ops", "/client")) or rule.rule in open_to_all:
            continue
        values = {name: _example(rule, name) for name in rule.arguments}
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            response = client.open(address, method=method)
            assert response.status_code == 303, (rule.rule, method)
            assert response.location.startswith("/ops/login"), rule.rule


def _example(rule, name: str) -> object:
    regex = rule._converters[name].regex
    return 1 if regex.startswith("\\d") else UUID(int=4) if "{8}-" in regex else "x"


def test_11_a_refusal_is_recorded_with_who_and_where(client):
    cleo = make_account("cleo")
    log_in(client, cleo)
    page = client.page("/ops/audit", status=403)
    assert "This page is not for the role “client”." in words(page)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, entry.outcome) == ("access.refused", Outcome.REFUSED)
    assert (entry.actor_id, entry.target) == (cleo.id, "/ops/audit")


def test_a_stranger_s_attempts_are_not_recorded_one_by_one(client):
    for _ in range(3):
        client.get("/ops/audit")
    assert db.session.scalar(select(AuditEntry)) is None


def test_a_role_that_is_taken_away_is_gone_at_once(client):
    ana = make_account("ana")
    make_account("second", Role.ADMIN)
    log_in(client, ana)
    client.page("/ops/accounts")
    ana.role = Role.OPS
    client.page("/ops/accounts", status=403)


def test_12_an_extra_field_named_role_is_ignored(client):
    omar = make_account("omar")
    log_in(client, omar)
    data = {"current": "the kettle sings at dawn", "new": "a new long sentence", "role": "admin"}
    assert client.post("/ops/password", data=data).status_code == 303
    db.session.expire_all()
    assert omar.role is Role.OPS


@pytest.mark.parametrize("name", ["omar", "cleo"])
def test_pages_behind_a_login_are_cached_nowhere(client, name):
    log_in(client, make_account(name))
    assert client.get("/ops/sessions").headers["Cache-Control"] == "no-store"
