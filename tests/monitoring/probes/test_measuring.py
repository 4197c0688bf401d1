"""The worker measures: what is due, once, beside everything else that it does."""

import threading
import time
from datetime import timedelta
from unittest import mock

import pytest
from sqlalchemy import func, select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.targets.config import target_named
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Lease, LeaseKind
from portal.monitoring import tasks
from portal.monitoring.probes.measures import machine
from portal.monitoring.probes.measures.finding import Finding, passed
from portal.monitoring.probes.models import Probe, ProbeKind, ProbeResult, ProbeSpan
from portal.monitoring.probes.queries import availability, days_of, probes_now
from portal.monitoring.probes.recording import prune, record_round
from portal.monitoring.probes.rounds import Measured
from tests.monitoring.conftest import only, spans
from tests.monitoring.sites import answering, site
from tests.support.databases import file_of, forget


def give_address(name: str, address: str | None) -> None:
    registered_target(name).public_address = address
    db.session.commit()


def state_of(key: str) -> str:
    db.session.rollback()
    return next(str(each.state) for each in probes_now(now()) if each.key == key)


def test_each_registered_target_has_its_probes_and_what_is_not_set_up_is_not_up(
    watch, directories, probe
):
    watch.round()
    now_ = {each.key: each for each in probes_now(now())}
    assert {key for key, each in now_.items() if each.is_up} == {
        *("database:production", "database:development", "schema:development"),
        *("disk", "machine"),
    }
    assert {key for key, each in now_.items() if each.is_down} == {"schema:production"}
    of_sites = [f"{kind}:{name}" for kind in ("home", "ready", "certificate")
                for name in ("production", "development")]  # fmt: skip
    rest = [row for row in db.session.scalars(select(Probe)) if row.key not in now_]
    assert {row.key: row.sentence for row in rest} == {
        **dict.fromkeys(of_sites, "No public address is set."),
        "backup": "BACKUP_SCHEDULE is not set.",
        "store": "BACKUP_URL is not set.",
        "mail": "MAIL_URL names no mail server.",
    }


def test_the_schema_is_named_with_the_release_that_needs_another(watch, directories, probe):
    at = now()
    lease = {"kind": LeaseKind.WEB, "environment": "production", "host": "h", "pid": 1}
    times = {"started_at": at, "renewed_at": at, "expires_at": at + timedelta(minutes=5)}
    db.session.add(
        Lease(uuid="1", release="c3ba9bd00000", serves=["9c41d07be5a2"], **lease, **times)
    )
    db.session.commit()
    watch.round()
    found = probe("schema:production")
    assert (found.state, found.sentence) == (
        "down",
        "The database is at 0001, release c3ba9bd needs 9c41.",
    )
    db.session.get(Lease, "1").serves = ["0001"]
    db.session.commit()
    watch.later(30)
    watch.round()
    assert probe("schema:production").state == "up"


def test_a_database_that_is_gone_is_down_and_says_nothing_of_its_schema(watch, directories, probe):
    only(ProbeKind.DATABASE, ProbeKind.SCHEMA)
    watch.rounds(2)
    file_of(target_named("development")).unlink()
    watch.rounds(3)
    assert probe("database:development").state == "down"
    assert state_of("schema:development") == "unknown"
    assert state_of("database:production") == "up"


def test_a_database_of_another_identity_is_down(watch, directories, probe):
    only(ProbeKind.DATABASE)
    files = [file_of(target_named(name)) for name in ("development", "production")]
    db.session.rollback()
    files[0].write_bytes(files[1].read_bytes())
    watch.rounds(3)
    assert probe("database:development").state == "down"


def test_three_failures_and_two_successes_with_a_real_site(watch, directories, probe):
    only(ProbeKind.HOME, ProbeKind.READY)
    with site() as there:
        give_address("production", there.address)
        only(ProbeKind.HOME)
        watch.rounds(2)
        there.reply = answering(status="503 No")
        watch.rounds(2)
        assert probe("home:production").state == "up"
        watch.rounds(1)
        found = probe("home:production")
        assert (found.state, found.state_since) == ("down", now() - timedelta(seconds=90))
        there.reply = answering()
        watch.rounds(1)
        assert probe("home:production").state == "down"
        watch.rounds(1)
        assert probe("home:production").state == "up"
    assert [state for state, _, _ in spans(probe("home:production"))] == ["up", "down", "up"]


def test_a_site_that_hangs_delays_neither_the_others_nor_the_worker(watch, directories, probe):
    only(ProbeKind.HOME, ProbeKind.DATABASE)
    with site() as there, site() as other:
        there.reply = there.hang
        give_address("production", there.address)
        give_address("development", other.address)
        tasks.planned_and_rows()
        probe("home:production").timeout_seconds = 1
        db.session.commit()
        began = time.thread_time(), time.monotonic()
        watch.tick()
        assert time.monotonic() - began[1] < 1
        while state_of("home:development") != "up" or state_of("database:production") != "up":
            watch.tick()
            time.sleep(0.01)
        assert probe("home:production").outcome is None
        watch.round()
        found = probe("home:production")
        assert (found.outcome, found.sentence) == ("failed", "No answer within 1 s.")


def test_a_thread_that_never_ends_is_a_failure_each_time_and_one_thread(watch, directories, probe):
    only(ProbeKind.DATABASE)
    release = threading.Event()
    before = threading.active_count()

    def hang(_target: object) -> Finding:
        release.wait(20)
        return passed("At last.")

    for row in db.session.scalars(select(Probe)):
        row.timeout_seconds = 0
    db.session.commit()
    with (
        mock.patch("portal.monitoring.probes.measures.databases.measure_database", hang),
        mock.patch("portal.monitoring.probes.rounds.GRACE", 0.05),
    ):
        watch.rounds(3)
        assert threading.active_count() <= before + 2
        assert probe("database:production").state == "down"
        release.set()


def test_ten_minutes_without_a_worker_are_unknown(watch, directories, probe):
    only(ProbeKind.MACHINE)
    watch.rounds(3)
    assert state_of("machine") == "up"
    watch.later(600)
    assert state_of("machine") == "unknown"
    watch.rounds(2)
    assert spans(probe("machine")) == [("up", 750, 690), ("up", 60, 30)]
    days = days_of(probe("machine").id, now())
    assert sum(day.up for day in days) == 90
    assert availability(days) == 1


def test_a_clock_that_was_ahead_makes_no_time_known(watch, directories, probe):
    only(ProbeKind.MACHINE)
    watch.rounds(3)
    watch.later(86_400)
    watch.rounds(3)
    watch.later(-86_400 - 90)
    assert state_of("machine") == "unknown"
    watch.rounds(2)
    assert state_of("machine") == "up"
    found = db.session.scalars(select(ProbeSpan)).all()
    assert all(each.began_at <= each.until_at <= now() for each in found)
    assert db.session.scalar(select(func.max(ProbeResult.at))) <= now()
    assert sum(day.known for day in days_of(probe("machine").id, now())) == 120


def test_a_failing_loopback_counts_neither_as_down_nor_as_up(watch, directories, probe):
    with site(answering(status="503 No")) as there:
        give_address("production", there.address)
        only(ProbeKind.HOME, ProbeKind.MACHINE)
        with mock.patch.object(machine, "loopback_fault", return_value="no answer"):
            watch.rounds(4)
            found = probe("home:production")
            assert (found.state, found.streak, found.outcome) == ("unknown", 0, "inconclusive")
            assert probe("machine").state == "down"
            assert spans(found) == []
        watch.rounds(3)
        assert probe("home:production").state == "down"


def test_two_workers_count_one_interval_once(watch, directories, probe):
    only(ProbeKind.MACHINE)
    watch.round()
    again = Measured("machine", now(), 1, passed("Again."))
    assert record_round([again]) == []
    watch.later(16)
    at = Measured("machine", now(), 1, passed("Again."))
    assert record_round([at, Measured("no such", now(), 1, passed("x"))]) == [at]
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(ProbeResult)) == 2


def test_a_round_is_one_transaction_and_keeps_no_lock_while_it_measures(watch, directories, probe):
    only(ProbeKind.MACHINE, ProbeKind.DISK)
    watch.tick()
    assert not db.session().in_transaction()
    watch.round()
    with mock.patch.object(db.session, "commit", wraps=db.session.commit) as commits:
        watch.later(60)
        watch.round()
    assert commits.call_count <= 4  # two rounds at most, and what follows from each


def test_a_target_that_is_forgotten_has_no_state_and_keeps_its_days(watch, directories, probe):
    only(ProbeKind.DATABASE)
    watch.rounds(2)
    forget("development")
    watch.round()
    found = probe("database:development")
    assert (found.state, found.sentence) == ("unknown", "Its database is no longer registered.")
    assert "database:development" not in {each.key for each in probes_now(now())}
    assert len(spans(found)) == 1


def test_old_results_go_after_a_week_and_spans_after_a_hundred_days(watch, directories, probe):
    only(ProbeKind.MACHINE)
    watch.rounds(2)
    count = select(func.count())
    for days, results, kept in ((0, 2, 1), (2, 0, 1), (99, 0, 1), (101, 0, 0)):
        prune(now() + timedelta(days=days))
        db.session.commit()
        found = [db.session.scalar(count.select_from(each)) for each in (ProbeResult, ProbeSpan)]
        assert found == [results, kept], days


@pytest.mark.parametrize("changed", [{"is_on": False}, {"interval_seconds": 3600}])
def test_what_is_off_or_not_due_is_not_measured(watch, directories, probe, changed):
    only(ProbeKind.MACHINE)
    watch.rounds(1)
    for name, value in changed.items():
        setattr(probe("machine"), name, value)
        db.session.commit()
    before = probe("machine").measured_at
    watch.rounds(3)
    assert probe("machine").measured_at == before
