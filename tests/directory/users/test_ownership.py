"""Each action by its owner alone: not by a stranger, another person, or the control room."""

from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect

from portal.accounts.permissions.site import SITE
from portal.core.storage.database import DirectoryModel, db
from portal.directory.models import User
from tests.support import pages
from tests.support.cast import log_in, make_account
from tests.support.owners import PASSWORD, log_in_site, make_user

NEEDS_LOGIN = {
    "/me/mail": {"wants_mail": ""},
    "/me/password": {"current": PASSWORD, "new": "seven loud loudspeakers"},
    "/me/sessions/1/end": {},
    "/me/sessions/end-others": {},
    "/me/address": {"email": "new@example.com"},
    "/me/address/cancel": {},
    "/me/export": {},
    "/me/deletion": {},
    "/me/deletion/cancel": {},
}
PAGES = ("/me", "/me/password", "/me/sessions", "/me/address", "/me/export", "/me/deletion")
BY_A_CODE = ("/signup/confirm", "/login/reset", "/me/address", "/unsubscribe")


def rows() -> dict[str, list[tuple[object, ...]]]:
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in DirectoryModel.metadata.sorted_tables
            if inspect(connection).has_table(table.name)
        }


def people(app: Flask, olive: User) -> Iterator[tuple[str, FlaskClient]]:
    """A stranger, and each role of the control room."""
    yield "stranger", app.test_client()
    for name in ("ana", "omar", "cleo"):
        client = app.test_client()
        log_in(client, make_account(name))
        yield name, client


def test_nobody_but_a_person_of_the_site_gets_in(site: Flask, olive: User, monkeypatch):
    monkeypatch.setattr(pages, "check_page", lambda _text: None)
    log_in_site(site.test_client(), olive)
    before = rows()
    for who, client in people(site, olive):
        for address, fields in NEEDS_LOGIN.items():
            answer = client.post(address, data=fields)
            assert answer.status_code == 303, (who, address)
            assert answer.location.startswith("/login"), (who, address)
        for address in PAGES:
            assert client.get(address).location.startswith("/login?next=/me"), (who, address)
    assert rows() == before


def test_another_person_reaches_nothing_of_olives(site: Flask, own: FlaskClient, olive: User):
    other = site.test_client()
    others_session = log_in_site(other, make_user("other@example.com", name="Otto"))
    own.post("/me/address", data={"email": "new@example.com"})
    before = rows()["site_sessions"]
    for number in (others_session, 999, 0):
        assert own.post(f"/me/sessions/{number}/end").status_code == 404
    assert own.post("/me/sessions/x/end").status_code == 404
    assert rows()["site_sessions"] == before
    other.post("/me/sessions/end-others")
    other.post("/me/address/cancel")
    other.post("/me/deletion")
    assert own.get("/me").status_code == 200
    assert "Withdraw" in own.get("/me/address").text
    assert "will be deleted" not in own.get("/me").text


def test_a_wrong_method_or_an_extra_field_changes_nothing(site, own, olive):
    before = {name: some for name, some in rows().items() if name != "site_sessions"}
    for address in NEEDS_LOGIN:
        if address not in PAGES and address != "/me/address/cancel":
            assert own.get(address).status_code == 405, address
        assert own.put(address).status_code == 405, address
        assert own.delete(address).status_code == 405, address
    for start in BY_A_CODE:
        assert own.put(f"{start}/x").status_code == 405
    own.post("/me/mail", data={"wants_mail": "y", "role": "admin", "user_id": "2"})
    after = {name: some for name, some in rows().items() if name != "site_sessions"}
    after["site_accounts"] = []
    assert after == before


def test_every_action_of_these_pages_is_in_the_list(site: Flask):
    """A new one is added to the tests above."""
    mine = {"portal.directory.views.account", "portal.directory.views.own_data"}
    found = {
        rule.rule.replace("<int:session_id>", "1")
        for rule in site.url_map.iter_rules()
        if rule.endpoint in SITE and site.view_functions[rule.endpoint].__module__ in mine
    }
    assert {each for each in found if "<code>" not in each} == set(NEEDS_LOGIN)
