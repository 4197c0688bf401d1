"""A directory with letters that wait, and a mail server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.targets.config import Target
from portal.directory.users.ended import LetterSending
from portal.directory.users.models import SiteLetter
from portal.emails.site_letters.worker import look_after_site_letters, the_sender
from tests.support.mail import MailServer
from tests.support.site_directory import on_server, place_directory


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def settings(
    tmp_path: Path, server: MailServer, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """The directory is a file, unless the test says `postgresql`."""
    told = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    told |= {"MAIL_URL": server.url, "BASE_URL": "https://ops.example"}
    if getattr(request, "param", "sqlite") == "sqlite":
        yield load_settings(told)
        return
    with on_server() as url:
        there = url.render_as_string(hide_password=False)
        yield load_settings({**told, "DEVELOPMENT_DATABASE_URL": there})


@pytest.fixture
def target(app: Flask) -> Target:
    target = place_directory()
    db.session.rollback()
    return target


class Post:
    """What the worker does about letters, and what is seen of it afterwards."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    def round(self) -> None:
        """A second of the worker’s life, until what it began has ended."""
        db.session.rollback()
        the_sender()._not_before.clear()
        look_after_site_letters()
        the_sender().wait()

    def again(self, uuid: str) -> LetterSending:
        """Its time has come."""
        row = self.sending(uuid)
        assert row.next_attempt_at
        row.next_attempt_at = row.attempted_at
        db.session.commit()
        self.round()
        return self.sending(uuid)

    @property
    def recipients(self) -> list[str]:
        return [to for envelope in self.server.taken for to in envelope.rcpt_tos]

    def sending(self, uuid: str) -> LetterSending:
        db.session.rollback()
        return db.session.get_one(LetterSending, uuid, populate_existing=True)

    def left(self) -> list[str]:
        db.session.rollback()
        found = list(db.session.scalars(select(SiteLetter.id)))
        db.session.rollback()
        return found


@pytest.fixture
def post(target: Target, server: MailServer) -> Post:
    return Post(server)
