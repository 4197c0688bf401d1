"""Publishing on a real PostgreSQL, where two people do publish at the same time."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.audit.actor import NamedActor
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing import publish as publishing
from portal.documents.publishing.publish import publish, settle
from portal.documents.publishing.sources import source_of
from portal.documents.publishing.versions import unsettled, versions_of
from tests.support.ops_on_postgres import at_once, pg_app, somebody_waits_for_a_lock
from tests.support.waiting import wait_until

__all__ = ["pg_app"]
REPORT, OMAR = DocumentKind.REPORT, NamedActor(id=2, name="omar", role="ops")


def publishing_of(slug: str, text: str, *, opened: str | None) -> Callable[[], None]:
    def act() -> None:
        publish(REPORT, slug, text, opened=opened, by=OMAR)
        db.session.commit()
        settle(REPORT, slug)

    return act


@pytest.mark.parametrize("slug", ["a-new-text", "a-newer-version"])
def test_of_many_who_publish_at_once_one_does(pg_app: Flask, slug: str) -> None:
    opened = None
    if slug == "a-newer-version":
        publishing_of(slug, "# Old", opened=None)()
        opened = source_of(REPORT, slug).sha256
    texts = [f"# Version {number}\n" for number in range(4)]
    db.session.rollback()  # what an earlier test has read locks nobody out
    results = at_once(pg_app, *[publishing_of(slug, text, opened=opened) for text in texts])
    assert [type(each) for each in results if each] == [Conflict] * 3
    newest = versions_of(REPORT, slug)[0]
    assert newest.number == (2 if opened else 1)
    assert source_of(REPORT, slug).text == newest.source == texts[results.index(None)]
    assert unsettled() == []


def test_a_slow_hand_puts_no_older_text_over_a_newer_one(
    pg_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes the file holds the row, so that the next one to publish waits."""
    first = publish(REPORT, "slow", "# First", opened=None, by=OMAR)
    db.session.commit()
    opened = first.sha256
    db.session.rollback()
    writing, published = threading.Event(), threading.Event()
    write = publishing.write_whole

    def write_slowly(path: Path, content: bytes) -> Any:
        if not writing.is_set():
            writing.set()
            wait_until(lambda: published.is_set() or somebody_waits_for_a_lock())
        return write(path, content)

    monkeypatch.setattr(publishing, "write_whole", write_slowly)

    def publish_the_next() -> None:
        writing.wait(timeout=30)
        publishing_of("slow", "# Second", opened=opened)()
        published.set()

    results = at_once(pg_app, lambda: settle(REPORT, "slow"), publish_the_next)
    assert results == [None, None]
    assert source_of(REPORT, "slow").text == "# Second\n"
