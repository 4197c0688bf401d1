"""The download of one's own data: all of it, and nothing that opens the account or is another's."""

import json
from io import BytesIO
from zipfile import ZipFile

from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.login.passwords import hash_password
from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.users.models import SiteSession
from tests.directory.users.conftest import PICTURE
from tests.support.pages import words


def archive_of(own: FlaskClient) -> ZipFile:
    answer = own.post("/me/export")
    assert answer.mimetype == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    return ZipFile(BytesIO(answer.data))


def test_it_has_all_of_ones_own_and_nothing_of_others(filled, olive: User, own: FlaskClient):
    assert "Download your data" in words(own.page("/me/export").h1)
    archive = archive_of(own)
    assert archive.testzip() is None
    files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(files) == [
        "README.txt",
        "account.json",
        "claims.json",
        "messages.json",
        f"pictures/{PICTURE}",
        "reports.json",
        "reviews.json",
        "studio.json",
    ]
    assert files[f"pictures/{PICTURE}"] == "picture bytes"
    account, studio = json.loads(files["account.json"]), json.loads(files["studio.json"])
    assert (account["email"], account["display_name"]) == (olive.email, "Olive Marsh")
    assert len(account["sessions"]) == 1
    assert (studio["name"], studio["about"]) == ("Quiet Corner", "About “us”")
    assert (studio["zone"], studio["services"]) == ("Europe/London", ["Zoom"])
    assert studio["hours"] == [{"weekday": 0, "opens": 540, "closes": 1020}]
    assert [each["alt_text"] for each in studio["pictures"]] == ["Booth", None]
    reviews = json.loads(files["reviews.json"])
    assert [(e["studio"], e["content"]) for e in reviews["written"]] == [
        ("Of Otto", "Written by Olive")
    ]
    assert [each["content"] for each in reviews["answers"]] == ["Olive answers"]
    (message,) = json.loads(files["messages.json"])
    assert (message["sender_name"], message["body"]) == ("Vera Visitor", "May I come by?")
    assert message["answer"] == "Yes, on Monday."

    (report,) = json.loads(files["reports.json"])
    assert (report["problem"], report["body"]) == ("spam", "Olive reports")
    assert "outcome" not in report

    everything = "".join(files.values())
    secrets = [olive.password_hash, hash_password("x")[:9], *db.session.scalars(_tokens())]
    for other in (
        "Otto Other",
        "Written by Otto",
        "Otto answers",
        "vera@",
        "other@",
        "For staff",
        *secrets,
    ):
        assert other not in everything, other


def test_an_account_with_nothing_has_an_archive_too(own: FlaskClient, site: Flask):
    archive = archive_of(own)
    assert json.loads(archive.read("studio.json")) is None
    assert json.loads(archive.read("messages.json")) == []


def _tokens():
    return db.select(SiteSession.token_hash)
