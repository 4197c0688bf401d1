import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from portal.audit.actor import SYSTEM
from portal.audit.service import record
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from tests.support.commands import Ended, run

Verify = Callable[[], Ended]


@pytest.fixture
def five(app: Flask) -> None:
    """A log of five entries."""
    for number in range(1, 6):
        record("test.happened", by=SYSTEM, target=f"target {number}", details={"n": number})
    db.session.commit()


@pytest.fixture
def raw(settings: Settings, app: Flask) -> Iterator[sqlite3.Connection]:
    """The file itself, opened past the product."""
    connection = sqlite3.connect(settings.data / "ops.sqlite3", isolation_level=None)
    yield connection
    connection.close()


@contextmanager
def without_triggers(raw: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """What somebody does who has the file: drop the triggers, and put them back when done."""
    found = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in found:
        raw.execute(f"DROP TRIGGER {name}")
    yield raw
    for _, sql in found:
        raw.execute(sql)


@pytest.fixture
def attacker(raw: sqlite3.Connection, five: None) -> Iterator[sqlite3.Connection]:
    with without_triggers(raw) as connection:
        yield connection


@pytest.fixture
def verify(settings: Settings) -> Verify:
    """The real command, in a process of its own."""
    environ = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "only for tests"}
    return lambda: run("flask", "audit", "verify", env=environ)
