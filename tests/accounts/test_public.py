"""Public pages without a login never touch ops: they stay up when it is gone."""

import pytest
from sqlalchemy import event

from portal.core.storage.database import db
from tests.support.cast import log_in, make_account


@pytest.fixture
def page(app):
    app.add_url_rule("/public-page", "public_page", lambda: "here")
    return "/public-page"


def test_a_public_page_works_without_the_ops_database(app, client, page, settings):
    db.session.remove()
    db.engines["ops"].dispose()
    for file in settings.data.glob("ops.sqlite3*"):
        file.unlink()
    assert client.get(page).text == "here"


def test_a_public_page_asks_ops_nothing_even_with_a_staff_cookie(app, client, page):
    log_in(client, make_account("ana"))
    asked = []
    event.listen(db.engines["ops"], "before_cursor_execute", lambda *words: asked.append(words[2]))
    assert client.get(page).text == "here"
    assert asked == []


def test_a_staff_page_says_what_is_wrong_without_it(app, client, settings):
    log_in(client, make_account("ana"))
    db.session.remove()
    db.engines["ops"].dispose()
    for file in settings.data.glob("ops.sqlite3*"):
        file.unlink()
    response = client.get("/ops/sessions")
    assert response.status_code == 503
    assert "the control room’s database should be there." in response.text
    assert not (settings.data / "ops.sqlite3").exists()
