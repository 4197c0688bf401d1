"""Copies of a database that no row of the catalogue names: entered, set aside, wiped."""

import shutil
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups
from portal.databases.backups.files import alone, backups_folder, file_of
from portal.databases.backups.scratch import scratch_root
from portal.databases.backups.strays.aside import all_aside, folder_aside
from portal.databases.backups.strays.sorting import sort_strays
from portal.databases.tasks import watch
from portal.jobs.models import Operation
from tests.databases import stage
from tests.databases.scene import Scene
from tests.databases.test_damage import take
from tests.faults.forks import in_a_fork
from tests.faults.moments import arm_call, kill
from tests.support.cast import log_in, make_account
from tests.support.databases import checkpoint
from tests.support.held_lock import held_meanwhile


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Scene:
    def prepare() -> None:
        stage.place(studios=6)
        take(), take()
        make_account("ana")

    return Scene(tmp_path_factory.mktemp("strays") / "data", empty_ops, prepare)


@pytest.fixture
def settings(scene):
    return scene.put_back()


ASKED = select(Operation).where(Operation.kind == "backups.sort")


def forget(name: str) -> Path:
    """As a kill before the commit leaves it: the file and its manifest, and no row."""
    file = file_of(backup_named(name))
    db.session.rollback()
    ops = Path(db.engines["ops"].url.database.removeprefix("file:"))
    stage.execute_on(ops, f"DELETE FROM backups WHERE name = '{name}'")
    return file


def later(**more: float) -> time_machine.travel:
    return time_machine.travel(time.time() + timedelta(**more).total_seconds(), tick=True)


def stray_copy(name: str = "production-2026-01-02-030405-abcd") -> Path:
    """As a kill right after the rename leaves it: no manifest tells of it."""
    file = backups_folder() / f"{name}.sqlite3"
    shutil.copy(file_of(backups("production")[0]), file)
    db.session.rollback()
    file.chmod(0o644)
    return file


@pytest.mark.parametrize(("moment", "becomes"), [("catalogue", "aside"), ("record", "entered")])
def test_a_backup_that_is_killed_before_its_row_is_committed(app, moment, becomes):
    """Between the copy's rename and its manifest, and between that and the commit."""
    known = {each.name for each in backups()}
    before = set(backups_folder().glob("*.sqlite3"))

    def killed() -> None:
        arm_call("portal.databases.backups.create", moment, kill)
        take()

    assert in_a_fork(killed) == -signal.SIGKILL
    [left] = set(backups_folder().glob("*.sqlite3")) - before
    assert {each.name for each in backups()} == known
    with later(minutes=11):
        done = sort_strays(by=SYSTEM)
    assert done.problems == []
    assert [left.stem in name for name in getattr(done, becomes)] == [True]
    assert left.exists() is (becomes == "entered")


def test_with_a_manifest_of_ours_it_is_entered(app, settings, monkeypatch):
    new, old = (each.name for each in backups("production"))
    file = forget(new)
    assert sort_strays(by=SYSTEM).entered == [], "it may be on its way"
    ops = settings.data / "ops.sqlite3"
    with later(minutes=11), held_meanwhile(ops, monkeypatch) as held:
        done = sort_strays(by=SYSTEM)
    assert (done.entered, done.aside, done.problems) == ([new], [], [])
    assert held.asked
    assert held.seen == set(), "somebody would wait while a large file is read"
    assert file_of(backup_named(new)) == file
    assert backup_named(new).is_usable
    assert [each.name for each in backups("production")] == [new, old]


def test_any_other_is_set_aside_and_named_until_a_person_wipes_it(app, client):
    file = stray_copy()
    altered = stray_copy("production-2026-01-02-030406-abcd")
    manifest = file_of(backups("production")[0]).with_suffix(".json")
    altered.with_suffix(".json").write_text(manifest.read_text().replace('"size": ', '"size": 1'))
    with later(minutes=11):
        done = sort_strays(by=SYSTEM)
    assert (len(done.aside), done.entered, done.problems) == (2, [], [])
    assert not file.exists()
    assert not altered.exists()
    assert {each.stat().st_mode & 0o777 for each in folder_aside().iterdir()} == {0o600}
    assert folder_aside().stat().st_mode & 0o777 == 0o700

    [name, *_] = done.aside
    log_in(client, make_account("ana"))
    assert f"set-aside --wipe {name}" in client.page("/ops").get_text()
    cli = app.test_cli_runner()
    assert name in cli.invoke(args=["databases", "set-aside"]).output
    assert name in cli.invoke(args=["databases", "check"]).output
    asked = cli.invoke(args=["databases", "set-aside", "--wipe", name], input="n\n")
    assert (asked.exit_code, len(all_aside())) == (1, 2)
    cli.invoke(args=["databases", "set-aside", "--wipe", name], input="y\n")
    assert [each.name for each in all_aside()] == done.aside[1:]
    wiped = select(AuditEntry).where(AuditEntry.action == "backup.wiped")
    assert len(db.session.scalars(wiped).all()) == 1
    there = cli.invoke(args=["databases", "set-aside", "--wipe", f"../{backups()[0].file}"])
    assert "Nothing named" in there.output


def test_it_is_wiped_after_14_days_where_a_newer_verified_backup_exists(app):
    stray_copy(), stray_copy("somebody-2026-01-02-030405-abcd")
    with later(minutes=11):
        ours, other = sorted(sort_strays(by=SYSTEM).aside)
    with later(days=15):
        assert sort_strays(by=SYSTEM).wiped == [], "no backup is newer"
        taken = take()
        assert sort_strays(by=SYSTEM).wiped == [ours]
        assert [each.name for each in all_aside()] == [other], "whose it is says nothing"
        assert file_of(taken).exists()


def test_nothing_is_wiped_while_ops_is_older_than_the_newest_manifest(app):
    """The ops database was restored from before: what its catalogue lacks may be all there is."""
    stray_copy()
    with later(minutes=11):
        sort_strays(by=SYSTEM)
    before = Path(db.engines["ops"].url.database.removeprefix("file:"))
    checkpoint(before)
    kept = before.read_bytes()
    with later(days=15):
        taken = take().name
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
        put_in_place(before, kept)
        done = sort_strays(by=SYSTEM)
        assert (done.wiped, done.entered) == ([], [taken])
        assert sort_strays(by=SYSTEM).wiped == []
        take()
        assert len(sort_strays(by=SYSTEM).wiped) == 1, "this ops has recorded the newest"


def put_in_place(file: Path, content: bytes) -> None:
    for end in ("-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    file.write_bytes(content)


def test_a_backup_that_is_being_taken_is_left_alone(app):
    file = stray_copy()
    with later(minutes=11):
        with alone("production"):
            assert sort_strays(by=SYSTEM).aside == []
        assert len(sort_strays(by=SYSTEM).aside) == 1
    assert not file.exists()


def test_without_a_key_nothing_is_moved(app, settings):
    file = stray_copy()
    settings.backup_key_file.unlink()
    with later(minutes=11):
        watch.ask_for_sorting()
    assert db.session.scalars(ASKED).all() == []
    assert file.exists()


def test_the_worker_asks_for_it_once_for_what_it_found(app):
    for _ in range(2):
        stray = stray_copy()
        with later(minutes=11):
            watch.ask_for_sorting()
    [operation] = db.session.scalars(ASKED).all()
    with later(minutes=11):
        stage.carry_out(operation.id)
    assert operation.outcome == "0 entered, 1 set aside, 0 wiped."
    assert not stray.exists()


def test_what_scratch_does_not_know_is_set_aside_as_well(app):
    root = scratch_root()
    (root / "copy-of-what").mkdir(parents=True)
    (root / "copy-of-what" / "raw.sqlite3").write_text("Zarina Okonkwo")
    with later(minutes=11):
        [name] = sort_strays(by=SYSTEM).aside
    assert not list(root.glob("copy-of-what"))
    assert (folder_aside() / name / "raw.sqlite3").stat().st_mode & 0o777 == 0o600
    shutil.rmtree(folder_aside() / name)  # the scene puts databases back, and no folders
