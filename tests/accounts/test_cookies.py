"""Two realms, two cookies, and what browsers are told about them."""

from pathlib import Path

import pytest
from flask import session
from flask.testing import FlaskClient

from portal.app import create_app
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from tests.support.cast import log_in, log_in_by_form, make_account
from tests.support.client import PortalClient

HTTPS = "https://talkback.example"


@pytest.fixture
def secure_app(tmp_path: Path):
    app = create_app(
        load_settings({"PORTAL_DATA": str(tmp_path), "SECRET_KEY": "k", "BASE_URL": HTTPS})
    )
    app.testing = True
    app.test_client_class = PortalClient
    with app.app_context():
        prepare_ops()
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def two_realms(app):
    """A page of each realm that counts its visits in the session."""

    def count() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    app.add_url_rule("/counting", "counting", count)
    app.add_url_rule("/ops/counting", "ops_counting", count)
    app.add_url_rule("/opsy", "opsy", count)


def cookies(response) -> dict[str, str]:
    return {line.split("=")[0]: line for line in response.headers.getlist("Set-Cookie")}


def test_the_path_decides_the_realm(client: FlaskClient, two_realms):
    assert [client.get("/counting").text for _ in range(2)] == ["1", "2"]
    assert [client.get("/ops/counting").text for _ in range(3)] == ["1", "2", "3"]
    assert client.get("/counting").text == "3"
    assert client.get("/opsy").text == "4"
    assert client.get_cookie("portal_site").value != client.get_cookie("portal_staff").value


def test_one_realm_s_cookie_does_not_open_the_other(client, two_realms):
    client.get("/ops/counting")
    client.set_cookie("portal_site", client.get_cookie("portal_staff").value)
    assert client.get("/counting").text == "1"


def test_who_is_logged_in_to_one_realm_is_not_in_the_other(client, two_realms):
    log_in(client, make_account("ana"))
    client.get("/counting")
    assert "Logged in as" not in client.get("/nothing-here").text
    assert "Logged in as" in client.get("/ops/nothing-here").text


def test_both_at_once_do_not_disturb_each_other(client, two_realms):
    client.get("/counting")
    log_in_by_form(client, make_account("ana"))
    assert client.get("/counting").text == "2"
    client.post("/ops/logout")
    assert client.get("/counting").text == "3"


def test_23_over_http_they_are_httponly_and_samesite(client):
    response = log_in_by_form(client, make_account("omar"))
    found = cookies(response)
    assert set(found) == {"portal_staff", "portal_device"}
    for line in found.values():
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
        assert "Secure" not in line


def test_23_under_https_they_are_host_cookies(secure_app):
    client = secure_app.test_client()
    account = make_account("omar")
    data = {"email": account.email, "password": "the kettle sings at dawn"}
    response = client.post("/ops/login", data=data, base_url=HTTPS)
    found = cookies(response)
    assert set(found) == {"__Host-portal_staff", "__Host-portal_device"}
    for line in found.values():
        assert "Secure" in line
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
        assert "Domain" not in line


def test_a_public_page_sets_no_cookie(client, two_realms):
    assert not client.get("/nothing-here").headers.getlist("Set-Cookie")
