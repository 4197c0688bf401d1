"""A process that hangs and holds the writer's lock of the control room's database: it is named."""

import subprocess
import sys

import pytest

import portal.core.storage.sqlite
from portal.core.storage.busy import writers
from portal.core.storage.database import db
from portal.databases.status.checks import room
from tests.databases import stage
from tests.support.cast import log_in, make_account

HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = " + sys.argv[2])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(params=["WAL", "DELETE"])
def holder(app, client, settings, request, monkeypatch):
    """The process, and everybody else with less patience than in earnest."""
    stage.place(studios=3)
    log_in(client, make_account("omar"))
    db.session.remove()
    monkeypatch.setattr(portal.core.storage.sqlite, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(room, "LOCK_PATIENCE", 0.2)
    for engine in db.engines.values():
        engine.dispose()
    file = str(settings.data / "ops.sqlite3")
    command = [sys.executable, "-c", HOLD, file, request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()
    db.session.remove()


def test_it_is_named_by_check_by_a_command_and_by_a_page(app, client, settings, holder):
    said = f"The control room’s database is busy: process {holder.pid} holds its lock."
    assert writers(settings.ops_url) == [holder.pid]
    run = app.test_cli_runner().invoke

    checked = run(args=["databases", "check"])
    backup = run(args=["databases", "backup", "production"])
    page = client.post("/ops/databases/production/maintenance", data={"reason": "T"})

    assert (checked.exit_code, said in checked.output) == (1, True), checked.output
    assert (backup.exit_code, said in backup.output) == (1, True), backup.output
    assert (page.status_code, said in page.get_data(as_text=True)) == (503, True)
    assert f"kill -9 {holder.pid}" in backup.output
    holder.kill()
    holder.wait()
    assert writers(settings.ops_url) == []
    assert f"process {holder.pid} holds" not in run(args=["databases", "check"]).output
