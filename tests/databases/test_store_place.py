"""Whose the store in BACKUP_URL is, judged by what stands there before anything is written."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from threading import Barrier

import pytest
from pyrage import x25519
from sqlalchemy import select

from portal.core.clock import now
from portal.core.configuration.store_url import store_route
from portal.core.errors import Refused
from portal.core.files.object_store import Store
from portal.core.storage.database import db
from portal.databases.backups.key import BackupKey, make_key
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.backups.offsite.ownership import MARKER, Owner, require_own_store
from portal.databases.targets.models import ControlRoom
from tests.databases import stage
from tests.databases.test_damage import take


@pytest.fixture
def settings(away_settings):
    return away_settings


def held(folder):
    return {
        each.relative_to(folder): sha256(each.read_bytes()).hexdigest()
        for each in folder.rglob("*")
        if each.is_file()
    }


def copy():
    db.session.rollback()
    for row in db.session.scalars(select(BackupCopy)):
        row.next_attempt_at = now() - timedelta(seconds=1)
    db.session.commit()
    return stage.operate("backups.copy", target=None)


def become_another_room(settings):
    room = db.session.scalars(select(ControlRoom)).one()
    room.uuid = "another-control-room"
    db.session.commit()
    settings.backup_key_file.unlink()
    shutil.rmtree(settings.data / "backups")
    make_key()


def test_an_empty_store_becomes_this_rooms_and_goes_on(app, away):
    stage.place(studios=3)
    (away / "lost+found").mkdir()
    (away / ".hidden").touch()
    take()
    assert copy().is_done
    marker = (away / MARKER).read_bytes()
    assert json.loads(marker).keys() == {"control_room", "key", "proof"}
    (away / "README").touch()  # what comes later is no reason to keep no copies

    take()
    assert copy().is_done
    assert (away / MARKER).read_bytes() == marker


FOREIGN = {
    "somebody's photos": ["holiday.jpg"],
    "a folder of databases": ["production.sqlite3"],
    "somebody's own age files beside others": ["notes.age", "notes.txt"],
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_folder_with_foreign_files_is_refused(app, away, kind):
    stage.place(studios=3)
    for name in FOREIGN[kind]:
        (away / name).write_text("mine")
    take()
    before = held(away)

    operation = copy()

    assert f"BACKUP_URL leads to file:{away}, which holds other files: " in operation.outcome
    assert held(away) == before
    [row] = db.session.scalars(select(BackupCopy))
    assert row.state is CopyState.FAILED


@pytest.mark.parametrize("marked", [True, False])
def test_another_control_rooms_store_is_refused(app, away, settings, marked):
    stage.place(studios=3)
    take()
    assert copy().is_done
    if not marked:  # as a release before the marker left it
        (away / MARKER).unlink()
    before = held(away)
    for table in (BackupCopy.__table__, Backup.__table__):
        db.session.execute(table.delete())
    become_another_room(settings)
    take()

    operation = copy()

    why = "is the store of another control room" if marked else "backup key does not open"
    assert why in operation.outcome, operation.outcome
    assert held(away) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"control_room": 7}'])
def test_a_marker_that_can_not_be_read_is_no_permission(app, away, text):
    stage.place(studios=3)
    (away / MARKER).write_text(text)
    take()

    assert f"has a {MARKER} that can’t be read" in copy().outcome
    assert [each.name for each in away.iterdir()] == [MARKER]


def test_after_the_ops_database_was_lost_the_key_vouches_for_the_store(app, away):
    stage.place(studios=3)
    take()
    assert copy().is_done
    room = db.session.scalars(select(ControlRoom)).one()
    room.uuid = "made-anew"
    db.session.commit()
    take()

    assert copy().is_done
    assert json.loads((away / MARKER).read_text())["control_room"] == "made-anew"


def test_a_key_that_was_changed_leaves_the_store_this_rooms(app, away, settings):
    stage.place("development", studios=3)
    stage.place(studios=3)
    take()
    assert copy().is_done
    settings.backup_key_file.rename(settings.data / "old-key")
    make_key()
    take()

    assert copy().is_done
    said = app.test_cli_runner().invoke(args=["databases", "check"])
    assert "1 backup was signed with another key than this one: keep that key." in said.output
    assert said.exit_code == 0, said.output


def test_nothing_is_removed_from_another_rooms_store(app, away, settings):
    """What is to go here goes; the store is named."""
    stage.place(studios=3)
    old, _new = take(), take()
    assert copy().is_done
    old.taken_at = now() - timedelta(days=800)
    db.session.commit()
    other = {"control_room": "another", "key": "x", "proof": "x"}
    (away / MARKER).write_text(json.dumps(other))
    before = held(away)
    keep = replace(settings.backup_keep, daily=1, weekly=0, monthly=0)
    app.extensions["portal.settings"] = replace(settings, backup_keep=keep)

    operation = stage.operate("backups.tidy", target=None)

    assert "1 removed here, 0 in the store. 1 could not be removed." in operation.outcome
    assert "is the store of another control room" in operation.outcome
    assert held(away) == before


def test_of_two_rooms_that_take_an_empty_store_at_once_one_has_it(tmp_path):
    """Both saw it empty; the store decides who is first, and the other finds that one's marker."""
    keys = {room: x25519.Identity.generate() for room in ("harbour", "lantern")}
    owners = {
        room: Owner(room, BackupKey(str(key.to_public()), str(key))) for room, key in keys.items()
    }
    both_looked = Barrier(2)

    class Slow(Store):
        def names(self):
            found = super().names()
            both_looked.wait(10)
            return found

    def take_it(room):
        try:
            require_own_store(
                Slow(store_route(f"file:{folder}", data=tmp_path / "data")), owners[room]
            )
        except Refused as refused:
            return str(refused)
        return room

    (folder := tmp_path / "store").mkdir()
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(take_it, owners))
    owner = json.loads((folder / MARKER).read_text())["control_room"]
    assert owner in said
    [other] = [each for each in said if each != owner]
    assert "is the store of another control room" in other


def test_of_two_that_create_a_file_at_once_one_has_it(tmp_path):
    """A hundred times; nobody sees a part of it, and nothing is left beside it."""
    (folder := tmp_path / "store").mkdir()
    store = Store(store_route(f"file:{folder}", data=tmp_path / "data"))

    def create(name, content, ready):
        ready.wait(10)
        try:
            store.create(name, content)
        except FileExistsError:
            return None
        return content

    with ThreadPoolExecutor(2) as pool:
        for number in range(100):
            name, ready = f"marker-{number}", Barrier(2)
            given = pool.map(create, [name] * 2, [b"first", b"second"], [ready] * 2)
            [won] = filter(None, given)
            assert (folder / name).read_bytes() == won
    assert len(list(folder.iterdir())) == 100
