"""What the control room shows of emails of the sites: the demo's mailbox, and home."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.clock import now
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.directory.users.ended import LetterSending
from portal.directory.users.letters import LetterKind
from portal.emails.site_letters.sendings import GONE
from portal.emails.site_letters.worker import look_after_site_letters, the_sender
from tests.support.site_directory import place_directory, queue


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Without a mail server: a demo writes into a folder."""
    return load_settings({"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"})


SOME_ID = "9b7a4a5e-3f43-4a63-8a52-0f7a2e3f6a11"


def test_in_a_demo_it_is_in_the_mailbox(app: Flask, browser: FlaskClient) -> None:
    place_directory()
    queue(LetterKind.CONFIRM_SIGNUP, "new@example.com", about=SOME_ID)
    look_after_site_letters()
    the_sender().wait()
    page = browser.get("/ops/mailbox").text
    assert "new@example.com" in page
    assert "Confirm your email address for Studio Directory" in page


def put(uuid: str, *, minutes: int, **more: object) -> None:
    queued = now() - timedelta(minutes=minutes)
    values = {"database_uuid": SOME_ID, "kind": "deleted", "queued_at": queued, **more}
    db.session.add(LetterSending(uuid=uuid, **values))
    db.session.commit()


def test_home_says_how_many_wait_and_how_many_were_not_sent(browser: FlaskClient) -> None:
    put("young", minutes=9, next_attempt_at=now(), why_not="Not yet")
    put("sent", minutes=90, finished_at=now(), is_sent=True)
    put("gone", minutes=90, finished_at=now(), why_not=GONE)
    put("of old", minutes=9000, finished_at=now() - timedelta(hours=25), why_not="550 Old")
    assert "of the sites" not in browser.get("/ops").text
    put("late", minutes=11, next_attempt_at=now(), why_not="The server can't be reached.")
    put("refused", minutes=90, finished_at=now(), why_not="550 Unknown <…>")
    page = browser.get("/ops").text
    assert "1 email of the sites has waited since" in page
    assert "The server can&#39;t be reached." in page
    assert "1 email of the sites was not sent in the last day." in page
    assert "550 Unknown &lt;…&gt;" in page
    assert "/ops/help/owners#when-emails-do-not-leave" in page
