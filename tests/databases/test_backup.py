import fcntl
import json
import sqlite3
import stat
from contextlib import AbstractContextManager, closing
from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.core.errors import NotFound, Refused
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups, newest_backup
from portal.databases.backups.catalogue.rebuild import rebuild_catalogue
from portal.databases.backups.files import backups_folder, file_of
from portal.databases.backups.integrity import is_whole, require_fresh, require_whole
from portal.databases.backups.models import Backup
from portal.databases.engines.copies import copier_for
from portal.databases.tasks.changes import _still_catalogued
from portal.jobs.models import OperationState
from portal.jobs.operations.progress import Progress
from tests.databases import stage
from tests.databases.test_sqlite_copy import damage, file_size_limit

pytestmark = pytest.mark.usefixtures("app")


def take() -> Backup:
    operation = stage.operate("databases.backup", reason="because")
    assert operation.is_done, operation.outcome
    assert operation.result
    return backup_named(operation.result["backup"])


def test_a_backup_is_proven_and_holds_what_the_target_held():
    target = stage.place()

    backup = take()

    assert backup.is_proven
    assert backup.revision == stage.LEGACY
    assert backup.counts == stage.content(target).counts
    assert backup.content_digest == stage.content(target).digest
    assert (backup.reason, backup.taken_by) == ("because", "omar")


def test_its_file_and_its_manifest_are_for_the_owner_alone():
    stage.place()
    backup = take()

    for file in (file_of(backup), file_of(backup).with_suffix(".json")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(backups_folder().stat().st_mode) == 0o700


def test_scratch_is_empty_afterwards(settings):
    stage.place()
    take()

    assert list((settings.data / "scratch").iterdir()) == []


def test_it_does_not_count_when_the_restored_copy_differs(monkeypatch):
    target = stage.place()
    original = copier_for(target.url).__class__.scratch

    def losing(self, file, folder):
        url, restored = original(self, file, folder)
        counts = {**restored.counts, "users": restored.counts["users"] - 1}
        return url, type(restored)(counts, restored.digests)

    monkeypatch.setattr("portal.databases.engines.copies.SqliteCopier.scratch", losing)
    operation = stage.operate("databases.backup")

    assert operation.state is OperationState.REFUSED
    assert "users" in operation.outcome
    assert backups() == []
    assert not list(backups_folder().glob("production-*"))


def test_a_full_disk_catalogues_nothing_and_leaves_no_file():
    target = stage.place()
    stage.execute(target, "CREATE TABLE heavy AS SELECT zeroblob(9000000) AS load")
    with file_size_limit(8_000_000):
        operation = stage.operate("databases.backup")

    assert operation.state is OperationState.FAILED
    assert "could not be copied" in operation.outcome
    assert backups() == []
    assert not list(backups_folder().glob("production-*"))


@pytest.mark.parametrize("harm", ["truncated", "flipped"])
def test_a_damaged_backup_is_no_longer_whole(harm):
    stage.place()
    backup = take()
    damage(file_of(backup), harm)

    assert not is_whole(backup)
    with pytest.raises(Refused):
        require_whole(backup)


def test_a_deleted_backup_is_no_longer_whole():
    stage.place()
    backup = take()
    file_of(backup).unlink()

    with pytest.raises(Refused):
        require_whole(backup)


def test_an_unproven_backup_may_not_be_used():
    stage.place()
    backup = take()
    backup.proven_at = None

    with pytest.raises(Refused, match="never verified"):
        require_whole(backup)


def test_a_backup_is_fresh_for_a_day():
    stage.place()
    backup = take()
    require_fresh(backup)
    backup.taken_at = now() - timedelta(hours=25)

    with pytest.raises(Refused, match="older than a day"):
        require_fresh(backup)


def test_one_backup_of_a_target_at_a_time():
    stage.place()
    lock = backups_folder() / ".production.lock"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        operation = stage.operate("databases.backup")

    assert operation.state is OperationState.REFUSED
    assert backups() == []


def test_what_a_killed_backup_left_is_removed_by_the_next():
    stage.place()
    left = backups_folder() / "production-2026-01-01-000000-abcd.sqlite3.partial"
    left.touch()
    take()

    assert not left.exists()


def test_a_database_without_a_label_is_not_backed_up():
    target = stage.place()
    stage.execute(target, "DROP TABLE portal_identity")

    operation = stage.operate("databases.backup")

    assert operation.state is OperationState.REFUSED
    assert backups() == []


def test_the_catalogue_can_be_rebuilt_from_the_manifests():
    stage.place()
    name = take().name
    db.session.execute(Backup.__table__.delete())
    db.session.commit()

    [found] = rebuild_catalogue().entered
    db.session.commit()

    assert found.name == name
    assert backup_named(name).is_proven
    assert rebuild_catalogue().entered == []


def test_a_damaged_file_is_not_proven_after_a_rebuild():
    stage.place()
    backup = take()
    damage(file_of(backup), "flipped")
    db.session.execute(Backup.__table__.delete())

    [found] = rebuild_catalogue().entered

    assert not found.is_usable
    assert found.damage == "its file has other content than what was verified"


def test_the_manifest_says_what_the_catalogue_says():
    stage.place()
    backup = take()
    manifest = json.loads(file_of(backup).with_suffix(".json").read_text())

    assert manifest["sha256"] == backup.sha256
    assert manifest["counts"] == backup.counts
    assert "id" not in manifest


def test_the_newest_backup_of_a_run_is_found():
    stage.place()
    first = stage.operate("databases.backup", run="run-1").result["backup"]
    stage.operate("databases.backup", run="run-2")

    assert newest_backup("production", run="run-1").name == first
    assert newest_backup("production").name != first
    assert newest_backup("production", run="run-3") is None


def test_an_unknown_backup_is_not_found():
    with pytest.raises(NotFound):
        backup_named("nothing")


def test_a_crash_after_cataloguing_counts_as_done():
    stage.place()
    operation = stage.operate("databases.backup", run="run-1")

    assert _still_catalogued(operation)[0] is OperationState.DONE
    db.session.execute(Backup.__table__.delete())
    assert _still_catalogued(operation)[0] is OperationState.FAILED


def test_no_page_of_the_control_room_waits_while_files_are_copied(settings, monkeypatch):
    """Other processes write to the ops database in each step of a backup."""
    stage.place()
    free: dict[str, bool] = {}
    step = Progress.step

    def looking(self: Progress, title: str) -> AbstractContextManager[None]:
        with closing(sqlite3.connect(settings.data / "ops.sqlite3", timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
                free[title] = True
            except sqlite3.OperationalError:
                free[title] = False
        return step(self, title)

    monkeypatch.setattr(Progress, "step", looking)
    take()

    assert free == {
        "Copy the database while it runs": True,
        "Restore the copy into scratch and compare": True,
    }
