"""From the form to the mailbox to the account, in a demo; and the end of emails by one request."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.users.letters import LetterKind
from portal.directory.users.models import SiteAccount
from portal.emails.site_letters.worker import look_after_site_letters, the_sender
from tests.directory.messages.conftest import SECRET, TYPED, logged_in, owned_studio, write
from tests.emails.site_letters.test_texts import Page
from tests.support.client import PortalClient
from tests.support.owners import PASSWORD, make_user
from tests.support.site_directory import place_directory, queue

SOME_ID = "9b7a4a5e-3f43-4a63-8a52-0f7a2e3f6a11"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Without a mail server: a demo writes into a folder."""
    return load_settings({"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": ""})


def letters_in(settings: Settings) -> list[EmailMessage]:
    files = sorted((settings.data / "mail").glob("*.eml"))
    return [message_from_bytes(each.read_bytes(), policy=policy.default) for each in files]


def links_of_newest(settings: Settings, *, sent: int) -> list[str]:
    db.session.rollback()
    look_after_site_letters()
    the_sender().wait()
    letters = letters_in(settings)
    assert len(letters) == sent
    html = letters[-1].get_body(("html",))
    assert html
    own = "http://localhost:8000"
    return [each.removeprefix(own) for each in Page(html.get_content()).links]


def test_who_signs_up_finds_the_link_and_gets_the_account(
    app: Flask, settings: Settings, browser: FlaskClient
) -> None:
    place_directory()
    new = app.test_client()
    form = {"name": "Nell Abbot", "email": "nell@example.com", "new": PASSWORD}
    assert new.post("/signup", data=form).status_code == 303
    link, *_ = links_of_newest(settings, sent=1)
    assert "nell@example.com" in browser.get("/ops/mailbox").text
    assert new.get(link).status_code == 200
    assert new.post(link).status_code == 303
    assert new.get("/me").status_code == 200
    assert new.post("/signup", data=form).status_code == 303
    assert links_of_newest(settings, sent=2)[:2] == ["/login", "/login/forgotten"]
    other = app.test_client()
    assert other.post("/login/forgotten", data={"email": "nell@example.com"}).status_code == 303
    link, *_ = links_of_newest(settings, sent=3)
    assert other.get(link).status_code == 200


def test_a_mail_program_ends_emails_by_one_request(
    app: Flask, settings: Settings, client: FlaskClient
) -> None:
    place_directory()
    number = make_user().id
    queue(LetterKind.MESSAGE, user_id=number, about=SOME_ID, details={"studio": "A", "from": "B"})
    address = links_of_newest(settings, sent=1)[1]
    one_click = {"List-Unsubscribe": "One-Click"}
    for path, data in ((address, {}), ("/logout", one_click), (f"{address}0", one_click)):
        assert client.post(path, data=data, with_token=False).status_code in {400, 404}
        assert ended(number) is False
    assert client.get(address).status_code == 200
    assert ended(number) is False
    answer = client.post(address, data=one_click, with_token=False)
    assert (answer.status_code, ended(number)) == (200, True)
    assert client.post(address, data=one_click, with_token=False).status_code == 200


def test_a_visitor_writes_and_gets_the_owners_answer(
    app: Flask, settings: Settings, client: FlaskClient
) -> None:
    place_directory()
    studio = owned_studio()
    owner, visitor = logged_in(app, studio), cast(PortalClient, client)
    write(visitor, studio)
    message, end, _ = links_of_newest(settings, sent=1)
    assert end.startswith("/unsubscribe/")
    assert "Are you free on Tuesday?" in owner.get(message).text
    answer = {"body": "Yes, at ten.", "way": "without", "address": SECRET}
    assert owner.post(f"{message}/reply", data=answer).status_code == 303
    assert links_of_newest(settings, sent=2) == ["/"]
    to_owner, to_visitor = letters_in(settings)
    assert (to_owner["To"], to_visitor["To"]) == (SECRET, TYPED["email"])
    assert "Yes, at ten." in str(to_visitor.get_body(("plain",)).get_content())
    assert SECRET not in to_visitor.as_string()
    assert TYPED["email"] not in to_owner.as_string()


def ended(number: int) -> bool:
    db.session.rollback()
    account = db.session.get(SiteAccount, number)
    assert db.session.get(User, number)
    db.session.rollback()
    return bool(account and account.mail_ended_at)
