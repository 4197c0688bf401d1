"""`flask monitoring`, and what home says of a worker or a schedule that does not run."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.control.demo import set_demo_addresses
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Lease, LeaseKind, Schedule
from portal.monitoring.probes.models import Probe, ProbeKind
from tests.monitoring.conftest import only
from tests.support.cast import log_in, make_account
from tests.support.pages import words


@pytest.fixture
def settings(settings):
    return replace(settings, backup_schedule="30 2 * * *")


def run(app: Flask, *command: str) -> tuple[int, str]:
    db.session.rollback()
    ended = app.test_cli_runner().invoke(args=["monitoring", *command])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


def test_status_says_what_the_page_says(app, watch, directories):
    assert run(app, "status")[1].startswith("Nothing was measured yet.")
    watch.round()
    watch.later(9)
    code, said = run(app, "status")
    assert code == 0
    assert "down         Schema and code · production: The database is at 0001" in said
    assert "(measured 9.0 s ago)" in said
    assert "not measured Mail server: MAIL_URL names no mail server." in said
    report = json.loads(run(app, "status", "--json")[1])
    states = {each["probe"]: each["state"] for each in report["probes"]}
    assert (states["schema:production"], states["database:production"]) == ("down", "up")
    watch.later(600)
    report = json.loads(run(app, "status", "--json")[1])
    assert {each["state"] for each in report["probes"]} <= {"unknown", "up"}


def test_measure_exits_with_1_where_something_is_down_or_unknown(app, watch, directories):
    code, said = run(app, "measure")
    assert (code, "failed       Schema and code · production" in said) == (1, True)
    only(ProbeKind.DATABASE, ProbeKind.MACHINE)
    watch.later(60)
    assert run(app, "measure")[0] == 0
    assert db.session.scalars(select(Probe).where(Probe.key == "machine")).one().state == "up"


def test_a_backup_is_due_by_its_schedule(app, watch, directories, probe):
    only(ProbeKind.BACKUP)
    watch.round()
    assert probe("backup").outcome == "inconclusive"
    for name in ("production", "development"):
        registered_target(name).registered_at = now() - timedelta(days=2)
    db.session.commit()
    watch.later(300)
    watch.round()
    found = probe("backup")
    assert found.state == "down"
    assert "The newest verified backup of production does not exist" in found.sentence
    assert "one was due 2026-11-30 02:30 UTC." in found.sentence


def test_home_says_since_when_the_worker_and_a_schedule_have_not_run(client, watch):
    log_in(client, make_account("ana"))
    at = now()
    times = {"started_at": at, "renewed_at": at, "expires_at": at, "ended_at": at}
    db.session.add(Lease(uuid="1", kind=LeaseKind.WORKER, release="1", host="h", pid=1, **times))
    db.session.add(Schedule(name="backups", slot=at - timedelta(hours=9.5), begun_at=at))
    db.session.commit()
    assert "Scheduled backups have not begun" not in words(client.page("/ops").main)
    watch.later(86_400)
    log_in(client, make_account("ana"))
    said = words(client.page("/ops").main)
    assert "It has not run since 2026-11-30 12:00 UTC, 1 d ago." in said
    assert (
        "Scheduled backups have not begun since 2026-11-30 12:00 UTC;"
        " the last ones were due 2026-12-01 02:30 UTC." in said
    )


def test_the_demo_is_measured_at_its_own_addresses(app, watch, directories, probe):
    ana = make_account("ana")
    set_demo_addresses(by=ana)
    assert registered_target("development").public_address == "http://localhost:8000"
    assert registered_target("production").public_address == "http://localhost:8001"
    assert probe("home:production").public_name == "Studio Directory"
    registered_target("production").public_address = "https://demo.example"
    db.session.commit()
    set_demo_addresses(by=ana)
    assert registered_target("production").public_address == "https://demo.example"
