"""The lock of a change: polled, held by the very backend that works, given up when others wait."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import select

from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.changes.execution import apply
from portal.databases.engines import engine_for
from portal.databases.engines.postgresql import transactions
from portal.jobs.models import OperationLine
from portal.jobs.processes import session_name
from tests.databases import stage
from tests.databases.postgresql.conftest import dsn
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate
from tests.faults.forks import alone

LOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"


@contextmanager
def reader(database: str):
    """A session of this very process that has read the studios, and has not ended."""
    with psycopg.connect(dsn(database), application_name=session_name()) as connection:
        connection.execute("SELECT count(*) FROM studios").fetchall()
        yield connection


def until_gone(connection: psycopg.Connection) -> Iterator[float]:
    """Pauses between tries; the reader goes away after the first try has failed."""
    yield 0.2
    connection.close()
    yield 0.2


def test_a_second_runner_waits_for_the_backend_of_a_killed_one(production, execute, monkeypatch):
    monkeypatch.setattr(transactions, "OUTLIVES_A_CLIENT", "3s")

    def first() -> None:
        with engine_for(production.url).changing(SchemaAccess.SCRATCH) as connection:
            connection.exec_driver_sql("CREATE TABLE half (id int)")
            connection.exec_driver_sql("SELECT pg_sleep(60)")

    child = alone(first)
    while not execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"):
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    monkeypatch.setattr(transactions, "LOCK_PATIENCE", 0.2)
    held = pytest.raises(Conflict, match="Another change of this database is under way: talkback")
    with held, engine_for(production.url).changing(SchemaAccess.SCRATCH):
        pass
    monkeypatch.setattr(transactions, "LOCK_PATIENCE", 15)
    with engine_for(production.url).changing(SchemaAccess.SCRATCH) as connection:
        assert "half" not in engine_for(production.url).tables(connection)


def test_a_long_reader_makes_it_give_up_and_the_site_keeps_answering(
    production, database, monkeypatch
):
    run = approved(stage.start()).run
    monkeypatch.setitem(transactions.TIMEOUTS, "lock_timeout", "300ms")
    monkeypatch.setattr(apply, "BACK_OFF", (0.1,))
    slowest, ended = [0.0], threading.Event()

    def visit() -> None:
        with psycopg.connect(dsn(database), application_name=session_name(), autocommit=True) as c:
            while not ended.wait(0.02):
                began = time.monotonic()
                c.execute("SELECT name FROM studios").fetchall()
                slowest[0] = max(slowest[0], time.monotonic() - began)

    with reader(database):
        visitor = threading.Thread(target=visit)
        visitor.start()
        operation = migrate(run)
        ended.set()
        visitor.join()
    assert "stayed locked for 300ms. Nothing was changed." in operation.outcome
    assert stage.revision(production) == stage.LEGACY
    assert slowest[0] < 10, "visitors wait as long as the change does, and no longer"

    with reader(database) as connection:
        monkeypatch.setattr(apply, "BACK_OFF", until_gone(connection))
        operation = migrate(run)
    assert operation.is_done, operation.outcome
    said = db.session.scalars(select(OperationLine.text)).all()
    assert any("Trying again in 0.2 seconds" in text for text in said), said
