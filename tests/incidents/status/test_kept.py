"""Answers are kept under the version of what ops says, and never beyond the next update."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import brotli
import pytest
from sqlalchemy import event
from werkzeug.test import Client

from portal.core.clock import now
from portal.core.storage.database import db
from portal.incidents.views.status import status_address
from portal.web.kept import find
from tests.incidents.status.scene import make_incident, make_update


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements on ops meanwhile."""
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    engine = db.engines["ops"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/status", "/status/incidents/outage"])
def test_the_second_visitor_costs_no_statement_and_a_change_is_shown_at_once(visitor, path):
    row = make_incident("outage")
    make_update(row, "First words.")
    first = visitor.get(path)
    with counted() as asked:
        second = visitor.get(path, headers={"Cookie": "a=b"})
        assert find("GET", path, "", {"host": "localhost", "cookie": "a=b"}) is not None
    assert asked == []
    assert second.text == first.text
    make_update(row, "Second words.")
    assert "Second words." in visitor.get(path).text
    row.discarded_at = now()
    assert "Title of outage" not in visitor.get(path).text


def test_an_update_appears_when_its_time_comes_unless_it_is_held(visitor):
    row = make_incident("outage")
    make_update(row, "First words.")
    soon = now() + timedelta(seconds=0.4)
    make_update(row, "Later words.", leaves_at=soon)
    make_update(row, "Held words.", leaves_at=soon, held_at=now())
    for _ in range(2):
        assert "Later words." not in visitor.get("/status").text
    time.sleep(max(0.0, (soon - now()).total_seconds()) + 0.01)
    said = visitor.get("/status/incidents/outage").text + visitor.get("/status").text
    assert said.count("Later words.") == 2
    assert "Held words." not in said


def test_it_is_kept_for_two_seconds_at_most(visitor, monkeypatch):
    """Writes that no version counts, and measurements that become old."""
    make_update(make_incident("outage"), "First words.")
    visitor.get("/status")
    with counted() as asked:
        later = time.monotonic() + 2.1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        visitor.get("/status")
    assert asked


def test_it_is_compressed_tagged_and_not_sent_again(app):
    make_update(make_incident("outage"), "First words.")
    db.session.commit()
    visitor = Client(app.wsgi_app, use_cookies=False)
    plain = visitor.get("/status")
    for _ in range(2):
        for encoding, decode in (("br", brotli.decompress), ("gzip", gzip.decompress)):
            given = {"Accept-Encoding": encoding}
            answer = visitor.get("/status", headers=given)
            assert answer.headers["Content-Encoding"] == encoding
            assert decode(answer.data) == plain.data
            assert answer.headers["Cache-Control"] == "no-cache"
            given["If-None-Match"] = answer.headers["ETag"]
            assert visitor.get("/status", headers=given).status_code == 304


def test_unusual_addresses_are_answered_and_not_kept():
    kept = ("/status", ""), ("/status", "page=2"), ("/status/incidents/a-1", "")
    assert all(status_address(*each) for each in kept)
    odd = (
        ("/status", "page=0"),
        ("/status", "page=1&page=2"),
        ("/status", "x=1"),
        ("/status", "page=999999"),
        ("/status/incidents/a", "x=1"),
        ("/status/incidents/../a", ""),
        ("/status/", ""),
        ("/", ""),
    )
    assert not any(status_address(*each) for each in odd)
