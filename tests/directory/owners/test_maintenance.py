"""In maintenance mode each form says so before anybody types, and loses nothing."""

from typing import cast

import pytest
from flask import Flask

from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets.config import Target
from portal.directory.owners.sections import SECTIONS
from tests.databases.stage import ANA
from tests.directory.owners.editing import Editor
from tests.support.databases import make_database
from tests.support.owners import log_in_site, make_user
from tests.support.pages import PageClient, words

WITH_ACCOUNTS = "c4a8e1b7f390"
BEFORE = "e7c2b95f0d14"
SENTENCE = "The directory is read-only for a moment"


@pytest.fixture
def target(app: Flask) -> Target:
    return make_database("development", WITH_ACCOUNTS)


@pytest.fixture
def editor(app: Flask, target: Target) -> Editor:
    client = cast(PageClient, app.test_client())
    log_in_site(client, make_user())
    return Editor(client)


def test_it_is_said_before_and_nothing_typed_is_lost(target: Target, editor: Editor) -> None:
    editor.complete()
    window = editor.open("identity")
    begin_maintenance(target, because="Moving", by=ANA)
    for path in ("/me/studio", *(f"/me/studio/{each.slug}" for each in SECTIONS)):
        assert SENTENCE in words(editor.client.page(path).select_one(".notice.wary")), path
    answer = window.type(name="Loud Corner", about="Much text").save()
    assert answer.status_code == 503
    assert 'value="Loud Corner"' in answer.text
    assert "Much text</textarea>" in answer.text
    assert f"Not saved.</strong> {SENTENCE}" in answer.text
    kept = window.keep(name="Loud Corner")
    assert kept.status_code == 503
    assert f"Not saved: {SENTENCE}" in words_of(kept.text)
    for action in ("publish", "hide", "show"):
        assert SENTENCE in words_of(editor.press(action).text)
    end_maintenance(target, by=ANA)
    assert window.keep(name="Loud Corner").status_code == 200
    assert "Loud Corner" in editor.overview()


def test_before_the_tables_are_there_the_pages_say_so(app: Flask) -> None:
    make_database("development", BEFORE)
    client = app.test_client()
    assert client.get("/me/studio").status_code == 303
    assert client.post("/me/studio/identity", data={"name": "x"}).status_code == 503
    assert client.get("/studios/any-1").status_code == 404


def words_of(text: str) -> str:
    return " ".join(text.split())
