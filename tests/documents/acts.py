"""What another process does to a document, killed where told."""

import os
import signal

from portal.app import create_app
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing import publish as publishing
from portal.documents.publishing.sources import source_of
from tests.support.cast import make_account

REPORT = DocumentKind.REPORT


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def publish() -> None:
    opened = source_of(REPORT, "outage").sha256
    publishing.publish(REPORT, "outage", "# New", opened=opened, by=make_account("omar"))


def withdraw() -> None:
    seen = source_of(REPORT, "outage").sha256
    publishing.withdraw(REPORT, "outage", seen=seen, by=make_account("omar"))


def perform(settings: Settings, act: str, when: str) -> None:
    with create_app(settings).app_context():
        {"publish": publish, "withdraw": withdraw}[act]()
        if when == "before the commit":
            die()
        db.session.commit()
        if when == "after the commit":
            die()
        publishing._bring_up = after_the_file
        publishing.settle(REPORT, "outage")


def after_the_file(row: object) -> None:
    bring_up(row)
    die()


bring_up = publishing._bring_up
