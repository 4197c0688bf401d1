"""When ops can't be read: what is known, with its time, or a sentence that claims nothing."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from portal.core.clock import now
from portal.core.storage import busy, ops_version
from portal.core.storage.database import db
from portal.incidents.views.status import facts
from portal.incidents.views.status.known import PAUSE
from tests.incidents.status.scene import make_incident, make_probe, make_update


@contextmanager
def moved_away(file: Path) -> Iterator[None]:
    away = file.with_suffix(".away")
    file.rename(away)
    try:
        yield
    finally:
        away.rename(file)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def without_tables(file: Path) -> Iterator[None]:
    """As before the set-up of a release."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("ALTER TABLE live_incidents RENAME TO others")
        yield
        other.execute("ALTER TABLE others RENAME TO live_incidents")


LATER = [moved_away, without_tables]
"""Of a database that is open, which can't be locked for readers."""
FAULTS = [*LATER, locked]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops_version, "PATIENCE", 0.15)
    monkeypatch.setattr(busy, "IMPATIENCE", 0.05)


@pytest.fixture
def ops(app) -> Path:
    return app.extensions["portal.settings"].data / "ops.sqlite3"


def let_go() -> None:
    db.session.commit()
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@pytest.mark.parametrize("fault", FAULTS)
def test_without_anything_known_it_says_so_and_claims_nothing(visitor, ops, fault):
    make_probe("Search")
    let_go()
    with fault(ops):
        for path in ("/status", "/status/incidents/outage"):
            answer = visitor.get(path)
            assert answer.status_code == 503
            assert answer.headers["Cache-Control"] == "no-store"
            said = visitor.said(path, status=503)
            assert "It is not known here what works and what does not." in said
            assert "is up" not in said


@pytest.mark.parametrize("fault", LATER)
def test_what_is_known_is_shown_with_its_time_and_then_read_again(visitor, ops, fault, monkeypatch):
    make_update(make_incident("outage", title="Search is slow"), "Words.")
    make_probe("Search")
    for path in ("/status", "/status/incidents/outage"):
        visitor.get(path)
    at = now()
    let_go()
    later = time.monotonic() + 3
    monkeypatch.setattr(time, "monotonic", lambda: later)  # what is kept is too old
    with fault(ops):
        for path in ("/status", "/status/incidents/outage"):
            answer = visitor.get(path)
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers
            said = visitor.said(path)
            assert f"As of {at:%H:%M} UTC, can’t be read now." in said
            assert "Search is slow" in said
            assert "is up" not in said
        assert "It can’t be read now what is going on." in visitor.said()
        assert visitor.get("/status/incidents/other").status_code == 503
    latest = later + 3
    monkeypatch.setattr(time, "monotonic", lambda: latest)
    assert "can’t be read" not in visitor.said()


def test_while_it_fails_the_database_is_not_asked_again_for_each_visitor(visitor, ops, monkeypatch):
    let_go()
    with locked(ops):
        asked = list[str]()
        monkeypatch.setattr(facts, "impatience", lambda: asked.append("") or busy.impatience())
        began = time.monotonic()
        for _ in range(20):
            assert visitor.get("/status").status_code == 503
        assert len(asked) <= 1 + (time.monotonic() - began) / PAUSE


def test_directory_and_worker_are_not_asked(visitor, settings):
    """There is no directory here, and no worker: it answers all the same."""
    assert not list(settings.data.glob("development*"))
    assert visitor.get("/").status_code == 503
    assert visitor.get("/status").status_code == 200
    page = visitor.get("/").text
    assert 'href="/status"' in page
    for claim in ("Nothing is lost", "being worked on", "back shortly", "back soon"):
        assert claim not in page
