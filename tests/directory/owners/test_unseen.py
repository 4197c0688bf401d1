"""A text whose characters nobody sees is no text: it names nobody and no studio."""

from flask import Flask
from flask.testing import FlaskClient

from tests.directory.owners.editing import Editor
from tests.directory.users.test_signup import FIELDS
from tests.support.pages import check_page, words

UNSEEN = "\u200b \u2060\u3164\u2800"


def test_an_unseen_text_is_none(editor: Editor, site: Flask, client: FlaskClient) -> None:
    editor.save("identity", name=UNSEEN, short_about=f"\u200b\n{UNSEEN}")
    missing = editor.overview()
    assert "a name" in missing.casefold()
    editor.save("identity", name="Quiet\u200d Corner")
    assert "Quiet\u200d Corner" in editor.overview()

    stranger = site.test_client()
    answer = stranger.post("/signup", data=FIELDS | {"name": UNSEEN})
    assert answer.status_code == 422
    assert words(check_page(answer.text).select_one("main .error")) == "Fill in your name."
