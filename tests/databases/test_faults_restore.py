"""SIGKILL in the middle of a restore, and a full backup folder."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backups
from portal.databases.targets.identity import judge
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.recovery import reconcile_lost
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.stage import ANA
from tests.support.commands import run

PHRASE = "RESTORE PRODUCTION"
KILLED = """
import os, signal, sys
from portal.app import create_app
from portal.core.storage.database import db
from portal.databases.engines.sqlite import copy as sqlite_copy
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform

sqlite_copy.PAGES_AT_ONCE = 5
restore = sqlite_copy.restore

def killed(backup, into, **more):
    steps = []
    def watch(done, total):
        steps.append(done)
        if len(steps) == 3 and done < total:
            os.kill(os.getpid(), signal.SIGKILL)
    restore(backup, into, watch=watch if into.name == "production.sqlite3" else None)

sqlite_copy.restore = killed
with create_app().app_context():
    perform(db.session.get_one(Operation, int(sys.argv[1])))
"""


def test_a_killed_restore_leaves_the_old_and_says_so(app, settings):
    target = stage.place(studios=6)
    name = stage.operate("databases.backup").result["backup"]
    held = stage.content(target)
    stage.execute(target, "DELETE FROM review_responses")
    present = stage.content(target)
    arguments = {"backup": name, "text": PHRASE}
    operation = request_operation(
        "databases.restore", by=ANA, target="production", arguments=arguments
    )
    number = operation.id
    db.session.commit()

    ended = run(
        *("-c", KILLED, str(number)),
        env={"PORTAL_DATA": str(settings.data), "SECRET_KEY": "only for tests"},
    )
    assert ended.code == -signal.SIGKILL, ended.said
    reconcile_lost()

    db.session.expire_all()
    operation = db.session.get_one(Operation, number)
    assert operation.state is OperationState.FAILED
    assert "either it is as it was before" in operation.outcome
    assert stage.content(target) == present  # wholly old
    said = [
        (each.action, each.outcome)
        for each in db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        if each.action.startswith("restore.")
    ]
    assert said == [("restore.started", "intent"), ("restore.finished", "failed")]
    assert judge(target).fits
    again = stage.operate("databases.restore", by=ANA, backup=name, text=PHRASE)
    assert again.is_done, again.outcome
    assert stage.content(target) == held


@pytest.fixture
def full_folder(settings) -> Iterator[Path]:
    """A backup folder on a disk of its own that is nearly full."""
    folder = settings.data / "backups"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("Nobody but root may mount a small disk.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_with_a_full_backup_folder_nothing_is_catalogued_and_no_change_starts(full_folder, app):
    stage.place(studios=6)
    development = stage.place("development", studios=6)
    before = stage.content(development)

    for kind, target in (("databases.backup", "production"), ("databases.migrate", "development")):
        operation = stage.operate(kind, target=target)
        assert operation.state is OperationState.FAILED
        assert "could not be copied" in operation.outcome
    assert stage.operate("backups.ops", target=None).state is OperationState.FAILED

    assert backups() == []
    assert not [file for file in full_folder.iterdir() if not file.name.endswith(".lock")]
    assert stage.content(development) == before
