"""Strings made to break pages are kept and shown as they were typed, or refused at their field."""

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.users.access import throttles
from portal.directory.users.letters import LetterKind
from portal.directory.users.models import SignUp
from tests.directory.pages.test_hostile import parsed
from tests.directory.users.mails import link_to
from tests.support import pages
from tests.support.corpora import hostile_strings
from tests.support.owners import PASSWORD

EACH = 500
"""One in so many of the strings, in every field of every form."""
FORMS = {
    "/signup": ("name", "email", "new"),
    "/login": ("email", "password", "next"),
    "/login/forgotten": ("email",),
    "/me/address": ("email", "current"),
    "/me/password": ("current", "new"),
    "/me/deletion": ("current",),
    "/me/mail": ("wants_mail",),
}
SECRET = {"new", "password", "current"}


def test_every_hostile_string_in_every_field(site: Flask, own: FlaskClient, monkeypatch):
    """Whatever is answered is a whole page with nothing of the string in its tags, and passwords
    never come back."""
    monkeypatch.setattr(throttles, "consume_allowance", lambda *_args, **_more: None)
    monkeypatch.setattr(pages, "check_page", lambda _text: None)
    stranger = site.test_client()
    for text in hostile_strings()[::EACH]:
        for address, fields in FORMS.items():
            client = own if address.startswith("/me") else stranger
            answer = client.post(address, data=dict.fromkeys(fields, text))
            assert answer.status_code in {303, 422}, (address, text)
            page = parsed(answer.text)
            for name in SECRET & set(fields):
                field = page.css_first(f"main [name={name}]")
                assert not (field and field.attributes.get("value")), (address, name, text)
        for path in ("/signup/confirm/", "/login/reset/", "/me/address/", "/unsubscribe/"):
            answer = stranger.get(path + text.replace("/", "").replace("?", "").replace("#", ""))
            assert answer.status_code in {200, 303, 308, 404, 405}, (path, text)


def test_a_name_is_kept_and_shown_as_it_was_typed(site: Flask, monkeypatch):
    monkeypatch.setattr(throttles, "consume_allowance", lambda *_args, **_more: None)
    names = [text.strip() for text in hostile_strings()[::500] if len(text) < 100]
    kept = 0
    for number, name in enumerate(names):
        client, email = site.test_client(), f"n{number}@example.com"
        fields = {"name": name, "email": email, "new": PASSWORD}
        if client.post("/signup", data=fields).status_code != 303:
            continue
        link = link_to(email, LetterKind.CONFIRM_SIGNUP)
        parsed(client.get(link).text)
        assert client.post(link).status_code == 303
        page = client.get("/me")
        parsed(page.text)
        heading = BeautifulSoup(page.text, "html.parser").h1
        assert " ".join(heading.text.split()) == " ".join(f"Hello, {name}".split())
        kept += 1
    assert kept > len(names) / 2
    db.session.rollback()
    assert len(db.session.scalars(select(User.username)).all()) == kept
    assert len(db.session.scalars(select(SignUp.id)).all()) == kept
