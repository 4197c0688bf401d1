"""A control room's database that is older or newer than the code, and a worker with other code."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import insert, select

from portal.app import create_app
from portal.audit.models import AuditEntry
from portal.control import ops_upgrade
from portal.core.clock import now
from portal.core.configuration.settings import ROOT
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.status.check import check_room, of_room
from portal.databases.targets.config import ops_database
from portal.databases.targets.models import ControlRoom
from portal.jobs.leases.workers import worker_of_other_release
from portal.jobs.models import Lease, LeaseKind, Operation
from portal.jobs.release import release_name
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.commands import run
from tests.support.databases import make_database
from tests.support.pages import check_page, words

HEAD = max(path.name for path in (ROOT / "migrations/ops/versions").glob("[0-9]*.py"))[:4]
SENTENCE = "The control room's database is at {}, and this release needs " + HEAD + "."
REMEDY = "Run: flask portal setup"
PAGES = (
    *("/ops", "/ops/login", "/ops/incidents", "/ops/emails", "/ops/runbooks", "/ops/databases"),
    *("/ops/migrations", "/ops/backups", "/ops/audit", "/ops/accounts", "/ops/operations"),
)


@pytest.fixture
def behind(settings, request):
    """A new release on the database of an earlier one: its revision, and the application."""
    app = create_app(settings)
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = True, False
    with app.app_context():
        ops_upgrade._make_file(settings.data / "ops.sqlite3")
        with open_sqlite(ops_database().url, access=SchemaAccess.UPGRADE).begin() as connection:
            config = ops_database().history.config()
            config.attributes["connection"] = connection
            command.upgrade(config, request.param)
            row = {"id": 1, "uuid": str(uuid4()), "is_demo": True, "identity_key": b"k" * 32}
            known = ControlRoom.__table__.insert().values({**row, "created_at": now()})
            connection.execute(known)
        yield request.param, app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.mark.parametrize("behind", ["0001", "0012", "0022"], indirect=True)
def test_before_the_set_up_each_place_names_it_and_afterwards_all_goes_on(behind, settings):
    revision, app = behind
    client, sentence = app.test_client(), SENTENCE.format(revision)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text.endswith("\n")) == (503, True)
    for path in PAGES:
        answer = client.get(path)
        said = words(check_page(answer.text).main)
        assert (answer.status_code, sentence in said, REMEDY in said) == (503, True, True), path
    answer = client.get("/client")
    assert answer.status_code == 503
    assert "flask" not in answer.text
    ops_upgrade.prepare_ops()
    make_database("development")
    assert [client.get(path).status_code for path in ("/readyz", "/ops/login")] == [200, 200]


@pytest.mark.parametrize("behind", ["0022"], indirect=True)
def test_commands_and_the_worker_name_it_as_well(behind, settings):
    revision, _ = behind
    sentence = f"{SENTENCE.format(revision)} {REMEDY}"
    env = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "t"}
    worker = run("flask", "jobs", "work", env=env)
    assert (worker.code, worker.sentence) == (1, f"Error: {sentence}")
    checked = run("flask", "databases", "check", env=env)
    assert checked.code == 1
    assert f"control room: {sentence}" in checked.err
    assert "Traceback" not in checked.said


def test_ready_is_said_only_when_the_control_room_is_set_up(settings, empty_ops):
    settings.data.mkdir(parents=True)
    shutil.copy(empty_ops, settings.data)
    app = create_app(settings)
    app.testing = True
    with app.app_context():
        make_database("development")
        db.session.remove()
        db.engines["ops"].dispose()
        change(settings, "UPDATE alembic_version SET version_num = '0022'")
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.text) == (503, f"{SENTENCE.format('0022')} {REMEDY}\n")
        assert app.test_client().get("/studios").status_code == 200, "visitors go on reading"


def test_a_newer_database_serves_this_release(app, client, settings):
    log_in(client, make_account("ana"))
    db.session.remove()
    change(settings, "UPDATE alembic_version SET version_num = '9999'")
    answers = {path: client.get(path).status_code for path in PAGES}
    assert answers == dict.fromkeys(PAGES, 200) | {"/ops/login": 302}


def change(settings, statement: str) -> None:
    with closing(sqlite3.connect(settings.data / "ops.sqlite3", isolation_level=None)) as opened:
        opened.execute(statement)


def lease_of_worker(release: str) -> None:
    at = now()
    times = {"started_at": at, "renewed_at": at, "expires_at": at + timedelta(seconds=30)}
    row = {"uuid": str(uuid4()), "kind": LeaseKind.WORKER, "release": release, "serves": []}
    db.session.execute(insert(Lease).values(host="here", pid=4711, **row, **times))
    db.session.commit()


def test_a_worker_with_other_code_is_named_on_home_and_by_check_and_begins_no_change(app, client):
    stage.place("production")
    log_in(client, make_account("omar"))
    started = client.post("/ops/migrations/production/runs", data={"reason": "release 12"})
    lease_of_worker("0ld0ld0ld0ld")
    sentence = (
        f"The worker runs release 0ld0ld0ld0ld, and this process {release_name()}; restart the"
        " worker."
    )
    assert sentence in words(client.page("/ops").main)
    faults = check_room([each for each in of_room(store=False) if each.what == "The worker"]).faults
    assert faults == [sentence.replace("this process", "this command")]

    run, _, _ = started.location.partition("#")
    action = f"{run}/steps/check/operation"
    version = client.page(run).select_one("input[name=version]")["value"]
    fields = {"version": version}
    answer = client.post(action, data=fields)
    assert answer.status_code == 409
    assert sentence in words(check_page(answer.text).main)
    assert db.session.scalars(select(Operation)).all() == []
    refused = select(AuditEntry.outcome).where(AuditEntry.action == "operation.started")
    assert db.session.scalars(refused).all() == ["refused"]

    lease_of_worker(release_name())  # the one that was started in its place
    assert sentence not in words(client.page("/ops").main)
    assert client.post(action, data=fields).status_code == 302
    assert worker_of_other_release() is None
