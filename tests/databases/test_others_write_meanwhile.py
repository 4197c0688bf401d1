"""Nobody waits for the control room's own database while an operation does something slow."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from portal.app import create_app
from portal.core.clock import now
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.backups.models import BackupCopy
from portal.databases.changes import tickets
from portal.directory.batches.requesting import request_batch
from portal.directory.history.models import ChangedBy
from portal.directory.history.recording import By
from portal.directory.imports.files import Options, changing
from portal.directory.imports.requests import map_columns, request_import, upload_file
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.lifecycle import find_out, snapshot
from portal.jobs.operations.registry import _jobs
from tests.databases import stage
from tests.databases.stage import ANA
from tests.databases.sync import planted
from tests.support.held_lock import Held, held_meanwhile
from tests.support.nothing import require_none

pytestmark = pytest.mark.timeout(300)  # for the walk
Found = dict[str, Held]

KINDS = (
    "databases.check", "databases.sync", "databases.backup", "backups.ops", "backups.copy",
    "databases.rehearse", "databases.migrate", "databases.verify", "databases.compare",
    "databases.restore", "backups.check", "backups.tidy", "backups.fetch", "databases.maintenance",
    "backups.sort", "notices.send",
    "directory.compare-kept", "directory.delete-accounts", "directory.tidy-pictures",
    "directory.count-figures", "audit.verify", "emails.send", "databases.place", "databases.adopt",
    "directory.check-import", "directory.import-studios", "directory.act",
)  # fmt: skip
LOST = ("databases.sync", "databases.migrate", "databases.restore")
"""After a crash these wait for the target's lock and compare all of it."""


class Walk:
    """Each kind of operation once, in one control room, one after the other."""

    def __init__(self, ops: Path) -> None:
        self.found: Found = {}
        self._ops = ops

    def do(self, kind: str, **more: object) -> Operation:
        with pytest.MonkeyPatch.context() as patch, held_meanwhile(self._ops, patch) as held:
            operation = stage.operate(kind, by=ANA, **more)
        assert operation.is_done, (kind, operation.outcome)
        self._note(kind, held)
        if kind in LOST:
            self._find_out(operation)
        return operation

    def _find_out(self, operation: Operation) -> None:
        apart = snapshot(operation.id)
        assert apart
        db.session.commit()
        with pytest.MonkeyPatch.context() as patch, held_meanwhile(self._ops, patch) as held:
            find_out(apart, "It was killed.", otherwise=OperationState.UNKNOWN)
            db.session.commit()
        self._note(f"{operation.kind}, lost", held)

    def _note(self, key: str, held: Held) -> None:
        self.found.setdefault(key, held).seen.update(held.seen)


def walk(data: Path) -> Found:
    walk = Walk(data / "ops.sqlite3")
    planted.place_both(studios=9)
    walk.do("databases.check")
    walk.do("databases.sync", target="development")
    name = change(walk)
    walk.do("databases.compare", backup=name)
    walk.do("databases.restore", backup=name, text="RESTORE PRODUCTION")
    stage.operate("databases.backup", target="development")
    keep(walk, data / "backups", name)
    for on in (True, False):
        walk.do("databases.maintenance", target="development", on=on, because="T")
    walk.do("directory.compare-kept", target="development")
    walk.do("directory.delete-accounts", target="development")
    walk.do("directory.tidy-pictures", target=None)
    import_a_file(walk)
    walk.do("directory.act", target="development", batch=hidden_studios())
    walk.do("directory.count-figures", target="development")
    walk.do("audit.verify", target=None)
    walk.do("emails.send", target=None)
    for file in data.glob("production.sqlite3*"):
        file.unlink()
    walk.do("databases.place", backup=name, text="RESTORE PRODUCTION")
    file = data / "production.sqlite3"
    shutil.copy(file, data / "moved")
    (data / "moved").replace(file)
    walk.do("databases.adopt", text="RE-ANCHOR PRODUCTION", reason="T")
    return walk.found


def import_a_file(walk: Walk) -> None:
    content = b"name,city\r\nSoho Voice Rooms,London\r\n"
    upload = upload_file("studios.csv", content, by=ANA)
    with changing(upload.id) as upload:
        map_columns(upload, upload.columns, Options())
    db.session.commit()
    asked = {"file": upload.id, "as": upload.marked}
    walk.do("directory.check-import", target="development", **asked)
    with changing(upload.id) as upload:
        request_import(upload, by=By(ChangedBy.STAFF, 1, "Ana"), without_bad=False)
    walk.do("directory.import-studios", target="development", file=upload.id)


def hidden_studios() -> str:
    """What staff ask for on the site."""
    return request_batch("hide", range(1, 9), by=By(ChangedBy.STAFF, 1, "Ana"), reason="T")


def change(walk: Walk) -> str:
    """Returns the name of the backup that was taken before it."""
    run = stage.start()
    name = str(walk.do("databases.backup", run=run).result["backup"])
    walk.do("backups.ops", target=None)
    walk.do("backups.copy", target=None)
    walk.do("databases.rehearse", run=run)
    ticket = tickets.ticket_of_run(run)
    assert ticket
    tickets.confirm(ticket, "MIGRATE PRODUCTION", by=stage.OMAR)
    later = now() + timedelta(seconds=1)
    tickets.approve(ticket, "production", by=ANA, logged_in_at=later)
    db.session.commit()
    walk.do("databases.migrate", run=run)
    walk.do("databases.verify", run=run)
    return name


def keep(walk: Walk, folder: Path, name: str) -> None:
    """Look at the copies as if the last look was long ago, remove one, bring one back."""
    long_ago = now() - timedelta(days=30)
    db.session.execute(update(BackupCopy).values(checked_at=long_ago, stored_at=long_ago))
    db.session.commit()
    walk.do("backups.check", target=None)
    gone = newest_backup("ops")
    assert gone
    gone.removed_at, gone.removed_because = now(), "T"
    db.session.commit()
    walk.do("backups.sort", target=None)  # tests/databases/test_strays.py has one that reads
    walk.do("backups.tidy", target=None)
    walk.do("notices.send", target=None)
    for file in folder.glob(f"{name}*"):
        file.unlink()
    walk.do("backups.fetch", target=None, backup=name)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Iterator[Found]:
    data, away = tmp_path_factory.mktemp("meanwhile"), tmp_path_factory.mktemp("away")
    (data / empty_ops.name).write_bytes(empty_ops.read_bytes())
    told = {"PORTAL_DATA": str(data), "SECRET_KEY": "only for tests",
            "BACKUP_URL": f"file:{away}"}  # fmt: skip
    with create_app(load_settings(told)).app_context():
        yield walk(data)
        db.session.remove()


@pytest.mark.parametrize("kind", [*KINDS, *(f"{kind}, lost" for kind in LOST)])
def test_no_writer_waits_while_something_slow_runs(walked, kind):
    assert kind in walked, "add a call of walk.do() in walk() for it"
    assert walked[kind].seen == set(), (
        "ops was locked meanwhile: commit before, see docs/development.md"
    )


def test_every_kind_of_operation_was_looked_at(walked):
    of_product = {kind for kind in _jobs if not kind.startswith(("sample.", "tests."))}
    as_another = {"notices.test", "approvals.ask"}  # they send as notices.send does
    call = "a call of walk.do() in walk() for each"
    require_none(of_product - as_another - set(KINDS), f"Add these to KINDS above, and {call}")
    require_none(set(KINDS) - of_product, "No such job: remove these from KINDS")
    require_none(set(KINDS) - set(walked), f"Add {call}")
    looked = {kind for kind, held in walked.items() if held.asked}
    does_nothing_slow = {
        "backups.sort",
        "notices.send",
        "databases.check",
        "emails.send",
        "audit.verify",
        *("directory.compare-kept", "directory.delete-accounts", "directory.tidy-pictures"),
        *("directory.check-import", "directory.import-studios", "directory.act"),
        "directory.count-figures",
    }
    require_none(
        {*KINDS} - does_nothing_slow - looked,
        "Nothing slow was seen: add what is slow to tests/support/held_lock.py, or the kind above",
    )
