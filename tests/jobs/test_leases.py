"""Leases: who is alive, and a process that knows when it no longer counts as alive."""

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from portal.core.clock import now
from portal.core.configuration.settings import Settings, settings
from portal.core.storage.database import db
from portal.jobs.connection import ops_engine
from portal.jobs.leases import holder as leases
from portal.jobs.leases import observing
from portal.jobs.leases.holder import (
    KEEP,
    TTL,
    LeaseHolder,
    end_lease,
    holds_lease,
    leased,
    live_leases,
    take_lease,
)
from portal.jobs.leases.observing import Observer
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.models import Lease, LeaseKind
from portal.jobs.release import _digest, release_name
from tests.jobs.conftest import eventually
from tests.support.commands import PIPE, Forked
from tests.support.leases import let_leases_run_out
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


def test_live_leases_are_distinguished_by_environment(app: Flask) -> None:
    take_lease("web", environment="production")
    assert len(live_leases("production")) == 1
    assert live_leases("development") == []


def test_a_lease_that_ran_out_is_not_live(app: Flask) -> None:
    take_lease("web", environment="production")
    let_leases_run_out()
    assert live_leases() == []
    [lease] = db.session.scalars(select(Lease))
    assert "No sign of life" in (lease.ended_because or "")


@pytest.mark.parametrize("hours", [-1, 1, 24 * 400])
def test_no_clock_makes_a_lease_run_out_or_go(app: Flask, hours: int) -> None:
    """Neither that of the process which wrote it, nor that of whoever looks or takes another."""
    take_lease("web", environment="production")
    db.session.rollback()
    with time_machine.travel(now() + timedelta(hours=hours), tick=True):
        other = LeaseHolder(settings().ops_url, LeaseKind.WEB, "production", [])
        other.renew()
        other.observe()
        other.observe()
        assert len(live_leases()) == 2
    assert len(live_leases()) == 2


def test_a_sign_of_life_between_two_looks_keeps_it(app: Flask) -> None:
    """Though the clock of the process that gives it stands still, or goes back."""
    held = LeaseHolder(settings().ops_url, LeaseKind.WEB, "production", [])
    with time_machine.travel(now(), tick=False), mock.patch.object(observing, "TTL", timedelta(0)):
        held.renew()
        held.observe()
        for back in range(3):
            with time_machine.travel(now() - timedelta(hours=back), tick=False):
                held.renew()
            held.observe()
            db.session.rollback()
            assert len(live_leases()) == 1


def test_a_process_whose_lease_was_ended_does_not_go_on_under_another(app: Flask) -> None:
    """What it began counts as ended: it must not commit it."""
    held = LeaseHolder(settings().ops_url, LeaseKind.COMMAND, None, [])
    held.renew()
    begun = held.uuid
    let_leases_run_out()
    held.renew()
    with mock.patch.object(leases, "_held", held):
        assert holds_lease()
        assert not holds_lease(begun)


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
    db.session.execute(update(Lease).values(ended_at=now() - KEEP - timedelta(minutes=1)))
    db.session.commit()
    take_lease("web")
    assert only_lease().ended_at is None


def test_whoever_looks_who_lives_waits_for_no_writer(app: Flask, settings: Settings) -> None:
    held, observer = LeaseHolder(settings.ops_url, LeaseKind.WEB, "production", []), Observer()
    assert held.renew()
    engine = ops_engine(settings.ops_url, patience=0)
    with OpsLocked(settings):
        observer.look(engine)
    assert observer.undecided([held.uuid])


def test_the_thread_renews_it(app: Flask, hurried: None) -> None:
    take_lease("web")
    first = only_lease().renewals or 0
    eventually(lambda: (only_lease().renewals or 0) > first)


@pytest.mark.usefixtures("hurried")
def test_a_process_that_can_not_renew_knows_it_before_others_do(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = leases.ops_engine
    monkeypatch.setattr(leases, "ops_engine", lambda url, **_: engine(url, patience=0.05))
    held = take_lease("web")
    db.session.rollback()
    with OpsLocked(settings):
        wait_until(lambda: not holds_lease())
        row = sqlite3.connect(f"file:{settings.data}/ops.sqlite3?mode=ro", uri=True)
        [ended] = row.execute("SELECT ended_at FROM leases").fetchone()
        row.close()
        assert ended is None
        assert not held.is_valid
    eventually(holds_lease)
    assert live_leases()


def test_without_an_answer_from_the_start_it_is_taken_later(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, hurried: None
) -> None:
    engine = leases.ops_engine
    monkeypatch.setattr(leases, "ops_engine", lambda url, **_: engine(url, patience=0.05))
    with OpsLocked(settings):
        take_lease("web")
        assert not holds_lease()
    eventually(holds_lease)
    assert live_leases()


def test_a_process_that_never_took_one_serves_no_target_and_may_go_on(app: Flask) -> None:
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
from portal.jobs.leases.holder import take_lease
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


def test_a_renewal_under_way_writes_no_lease_after_the_end(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread had begun to renew, and the end came before it wrote; then the other way round."""
    held, write = LeaseHolder(settings().ops_url, LeaseKind.WORKER, None, []), LeaseHolder._write
    held.renew()
    ended, begun = threading.Event(), threading.Event()

    def late(self: LeaseHolder) -> None:
        begun.set()
        ended.wait(0.5)  # longer than an end that does not wait takes
        write(self)

    monkeypatch.setattr(LeaseHolder, "_write", late)
    thread = threading.Thread(target=held.renew)
    thread.start()
    begun.wait(5)
    held.end()
    ended.set()
    thread.join()
    assert live_leases() == []
    assert only_lease().ended_at
    assert not held.renew()
    assert held.is_given_back
    assert only_lease().ended_at


def test_a_lease_that_ops_did_not_take_back_is_given_back_at_the_next_end(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = leases.ops_engine
    monkeypatch.setattr(leases, "ops_engine", lambda url, **_: engine(url, patience=0.05))
    held = LeaseHolder(settings.ops_url, LeaseKind.WEB, None, [])
    held.renew()
    with OpsLocked(settings):
        held.end()
    assert live_leases()
    held.end()
    assert only_lease().ended_at


def test_the_lease_of_a_killed_process_ends_when_it_is_not_seen_to_move(
    app: Flask, settings: Settings
) -> None:
    process = holder(settings, "time.sleep(60)")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert len(live_leases()) == 1
    let_leases_run_out()
    assert live_leases() == []


def test_the_release_is_named_by_its_commit_or_by_its_files() -> None:
    assert len(_digest()) == 12
    assert release_name()
