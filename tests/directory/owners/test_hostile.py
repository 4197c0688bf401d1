"""Strings made to break pages go through each field: refused with a sentence, or shown as typed."""

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import StringField

from portal.core.storage.database import db
from portal.directory.folding import UNPRINTABLE, one_line
from portal.directory.forms.studio import FORMS
from portal.directory.models import StudioProfile
from tests.directory.owners.editing import Editor, Window, values_of
from tests.directory.pages.test_hostile import parsed
from tests.support.corpora import hostile_strings

THROUGH_THE_DOOR = 900
FOR_THE_RULES = 7
"""One of so many goes through the pages, and through the rules, each in all fields."""
NOT_TYPED = {"version", "writer", "csrf_token", "shown", "types", "connections"}


def test_every_string_is_read_or_refused(site: Flask) -> None:
    for section, form in FORMS.items():
        with site.test_request_context("/me/studio/x", method="POST"):
            fields = form(formdata=None)
            names = [each.short_name for each in fields if isinstance(each, StringField)]
            for text in hostile_strings()[::FOR_THE_RULES]:
                sent = form(formdata=MultiDict(dict.fromkeys(names, text)))
                sent.validate()
                kept = [value for value in sent.typed().values() if isinstance(value, str)]
                odd = [each for each in kept if UNPRINTABLE.search(each.replace("\n", ""))]
                assert (section, odd) == (section, [])


def test_what_is_saved_is_shown_as_typed(editor: Editor) -> None:
    editor.complete()
    editor.press("publish")
    client, windows = editor.client, {}
    for section in FORMS:
        page = BeautifulSoup(client.get(f"/me/studio/{section}").text, "html.parser")
        windows[section] = Window(client, section, values_of(page), page)
    for text in hostile_strings()[::THROUGH_THE_DOOR]:
        for section, window in windows.items():
            typed = dict.fromkeys(window.values.keys() - NOT_TYPED, text)
            answer = window.keep(**typed)
            assert answer.status_code in {200, 422}, (section, text)
            parsed(answer.text)
        name = db.session.scalars(select(StudioProfile.name)).one()
        if len(text) <= 100 and one_line(text):
            assert name == one_line(text)
        for path in ("/me/studio", "/me/studio/preview", "/me/studio/identity"):
            page = parsed(client.get(path).text)
            assert page.body
            assert one_line(name) in " ".join(page.body.text().split()), path


def test_hidden_fields_that_say_anything_are_no_fault(editor: Editor) -> None:
    editor.complete()
    for text in hostile_strings()[:: 2 * THROUGH_THE_DOOR]:
        for section in ("identity", "place"):
            hidden = {"version": text, "mine": text, "next": text, "choose": text}
            answer = editor.client.post(f"/me/studio/{section}", data=hidden | {"about": text})
            assert answer.status_code in {303, 409}
