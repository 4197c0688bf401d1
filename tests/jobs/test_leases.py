"""Leases: who is alive, and a process that knows when it no longer counts as alive."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.core.clock import now
from portal.core.database import db
from portal.core.settings import Settings
from portal.jobs import leases
from portal.jobs.leases import (
    KEEP,
    TTL,
    end_lease,
    holds_lease,
    leased,
    live_leases,
    take_lease,
    worker_is_alive,
)
from portal.jobs.models import Lease
from portal.jobs.release import _digest, release_name
from tests.jobs.conftest import eventually
from tests.support.commands import PIPE, Forked
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def given_back(app: Flask) -> Iterator[None]:
    yield
    db.session.rollback()
    end_lease()


def only_lease() -> Lease:
    db.session.rollback()
    return db.session.scalars(select(Lease)).one()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process counts itself dead after half a second, and others count it dead much later."""
    monkeypatch.setattr(leases, "TTL", timedelta(seconds=20))
    monkeypatch.setattr(leases, "MARGIN", timedelta(seconds=19.5))
    monkeypatch.setattr(leases, "INTERVAL", timedelta(seconds=0.1))
    monkeypatch.setattr(leases, "RETRY", timedelta(seconds=0.1))


class OpsLocked:
    """Another process that writes into ops and does not come to an end."""

    def __init__(self, settings: Settings) -> None:
        self.connection = sqlite3.connect(settings.data / "ops.sqlite3", isolation_level=None)

    def __enter__(self) -> None:
        self.connection.execute("BEGIN EXCLUSIVE")

    def __exit__(self, *_error: object) -> None:
        self.connection.execute("ROLLBACK")
        self.connection.close()


def test_a_lease_says_who_serves_what(app: Flask) -> None:
    take_lease("web", environment="production", serves=["0001", "9c41"])
    lease = only_lease()
    assert (lease.kind, lease.environment, lease.serves) == ("web", "production", ["0001", "9c41"])
    assert (lease.pid, lease.release) == (os.getpid(), release_name())
    assert lease.expires_at - lease.renewed_at == TTL


def test_a_process_takes_one_lease_and_keeps_it(app: Flask) -> None:
    first = take_lease("web")
    with leased():
        assert take_lease("command") is first
    assert only_lease().ended_at is None
    assert holds_lease()


def test_a_lease_for_a_while_is_given_back(app: Flask) -> None:
    with leased():
        assert only_lease().ended_at is None
        db.session.rollback()
    assert live_leases() == []
    assert only_lease().ended_at


def test_live_leases_are_told_apart_by_environment(app: Flask) -> None:
    take_lease("web", environment="production")
    assert len(live_leases("production")) == 1
    assert live_leases("development") == []


def test_a_lease_that_ran_out_is_not_live(app: Flask) -> None:
    take_lease("web", environment="production")
    db.session.execute(update(Lease).values(expires_at=now()))
    assert live_leases() == []


def test_only_a_worker_is_a_worker(app: Flask) -> None:
    take_lease("web")
    assert not worker_is_alive()
    db.session.rollback()
    end_lease()
    take_lease("worker")
    assert worker_is_alive()


def test_rows_older_than_a_day_are_removed_when_a_lease_is_taken(app: Flask) -> None:
    with leased():
        pass
    db.session.execute(update(Lease).values(expires_at=now() - KEEP - timedelta(minutes=1)))
    db.session.commit()
    take_lease("web")
    assert only_lease().ended_at is None


def test_the_thread_renews_it(app: Flask, hurried: None) -> None:
    take_lease("web")
    first = only_lease().renewed_at
    eventually(lambda: only_lease().renewed_at > first)


@pytest.mark.usefixtures("hurried")
def test_a_process_that_can_not_renew_knows_it_before_others_do(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = leases.ops_engine
    monkeypatch.setattr(leases, "ops_engine", lambda url, patience: engine(url, patience=0.05))
    held = take_lease("web")
    db.session.rollback()
    with OpsLocked(settings):
        wait_until(lambda: not holds_lease())
        row = sqlite3.connect(f"file:{settings.data}/ops.sqlite3?mode=ro", uri=True)
        [expires] = row.execute("SELECT expires_at FROM leases").fetchone()
        row.close()
        assert f"{now():%Y-%m-%d %H:%M:%S.%f}" < expires
        assert not held.is_valid
    eventually(holds_lease)
    assert live_leases()


def test_without_an_answer_from_the_start_it_is_taken_later(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, hurried: None
) -> None:
    engine = leases.ops_engine
    monkeypatch.setattr(leases, "ops_engine", lambda url, patience: engine(url, patience=0.05))
    with OpsLocked(settings):
        take_lease("web")
        assert not holds_lease()
    eventually(holds_lease)
    assert live_leases()


def test_a_process_that_never_took_one_serves_nobody_and_may_go_on(app: Flask) -> None:
    assert holds_lease()


def test_a_fork_takes_a_lease_of_its_own(app: Flask) -> None:
    parent = take_lease("web")
    db.session.rollback()
    if (child := os.fork()) == 0:
        lease = take_lease("web")
        os._exit(0 if lease is not parent and lease.is_valid else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert sorted(lease.pid for lease in live_leases()) == sorted([os.getpid(), child])


SERVE = """
import time
from portal.app import create_app
from portal.jobs.leases import take_lease
with create_app().app_context():
    take_lease("web")
    print("taken", flush=True)
    {then}
"""


def holder(settings: Settings, then: str) -> Forked:
    env = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "for tests"}
    process = Forked("-c", SERVE.format(then=then), env=env, stdout=PIPE)
    assert process.stdout.readline() == "taken\n"
    return process


def test_a_process_that_ends_gives_its_lease_back(app: Flask, settings: Settings) -> None:
    process = holder(settings, "pass")
    process.communicate(timeout=30)
    assert live_leases() == []


def test_the_lease_of_a_killed_process_ends_by_time(app: Flask, settings: Settings) -> None:
    process = holder(settings, "time.sleep(60)")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    [lease] = live_leases()
    assert lease.expires_at <= now() + TTL


def test_the_release_is_named_by_its_commit_or_by_its_files() -> None:
    assert len(_digest()) == 12
    assert release_name()
