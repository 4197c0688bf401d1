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
from tests.support.pages import check_page, words


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


def test_what_was_typed_is_not_lost_with_a_session_that_ended(app, settings, client):
    make_site(app, settings)
    olive = make_user()
    log_in_site(client, olive)
    version = client.page("/me/studio/identity").select_one("[name=version]")["value"]
    with changing_directory():
        end_sessions(olive.id)
    told = "A quiet booth above a courtyard, with daylight."
    answer = client.post(
        "/me/studio/identity", data={"description": told, "version": version, "writer": "12345"}
    )
    assert answer.status_code == 401
    main = check_page(answer.text).main
    assert told in words(main)
    assert not {version, "12345"} & set(words(main).split())
    assert main.select_one(".actions a[href='/me/studio/identity']")
    assert client.get("/me/studio/identity").location == "/login?next=/me/studio/identity"
    assert client.post("/me/studio/publish").status_code == 303  # nothing was typed there
