"""The site's own realm: who is logged in there, with which cookie, and before the tables exist."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings
from portal.core.storage.database import changing_directory, db
from portal.directory.users.identity import require_user
from portal.directory.users.sessions import end_sessions
from portal.directory.views.site import blueprint
from tests.support.owners import log_in_site, make_site, make_user


@pytest.fixture
def who(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    app.add_url_rule("/me/who", "site.who", lambda: require_user().display_name)
    return app


def test_a_login_of_the_site_is_none_of_the_control_room(who: Flask, client: FlaskClient) -> None:
    assert client.get("/me/who").status_code == 303
    log_in_site(client, make_user())
    assert client.get("/me/who").text == "Olive Marsh"
    assert client.get("/ops").status_code == 303
    assert "/ops/login" in client.get("/ops").headers["Location"]


def test_an_ended_session_is_none(who: Flask, client: FlaskClient) -> None:
    user = make_user()
    log_in_site(client, user)
    with changing_directory():
        end_sessions(user.id)
    assert client.get("/me/who").status_code == 303


def test_before_the_tables_are_there_nobody_is_logged_in(
    app: Flask, settings: Settings, client: FlaskClient
) -> None:
    make_site(app, settings, with_accounts=False)
    page = client.get("/login")
    assert page.status_code == 200
    assert client.post("/logout").status_code in {404, 503}
    db.session.rollback()
    assert blueprint.name == "site"
