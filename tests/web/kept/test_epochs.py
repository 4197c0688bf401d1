"""What begins a new epoch: the same number under another one is another version."""

import os
import shutil
import signal
import time
from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import insert, select, text

from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.beside import portal_epoch, portal_versions
from portal.databases.engines.postgresql import asking as postgresql_asking
from portal.databases.public_version import version
from portal.databases.public_version.freshness import VersionAsker
from portal.databases.targets.config import target_named
from portal.databases.tasks import targets as room_tasks
from portal.directory.models import StudioProfile
from portal.web.kept import find
from tests.databases import stage
from tests.databases.sync import planted
from tests.support.databases import checkpoint, file_of
from tests.web.kept.conftest import by_hand


def epoch_in(target) -> list[str]:
    with engine_for(target.url).reading() as connection:
        return list(connection.scalars(select(portal_epoch.c.epoch)))


def says(site, words: str) -> bool:
    return words.encode() in site.client.get(site.addresses["quiet"]).data


def edit(site, words: str) -> None:
    db.session.get_one(StudioProfile, site.quiet.id).about = words
    db.session.commit()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_restore_begins_one_and_the_same_number_is_another_version(site):
    """Two ways lead on from a backup; both reach the same number."""
    path = site.addresses["quiet"]
    before = epoch_in(site.target)
    taken = stage.operate("databases.backup", target="development")
    edit(site, "One way")
    site.keep(path)
    assert says(site, "One way")
    given = {"target": "development", "backup": taken.result["backup"], "text": ""}
    operation = stage.operate("databases.restore", **given)
    assert operation.is_done, operation.outcome
    after = epoch_in(site.target)
    assert len(after) == 1
    assert after != before
    assert says(site, "First words")
    edit(site, "Other way")
    assert says(site, "Other way")
    site.keep(path)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_backup_holds_no_version(site, settings):
    taken = stage.operate("databases.backup", target="development").result["backup"]
    file = next(settings.data.glob(f"backups/**/{taken}.sqlite3"))
    with closing(stage.sqlite3.connect(file)) as copy:
        for table in ("portal_epoch", "portal_versions"):
            assert copy.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_another_file_behind_the_path_is_another_version(site):
    """Put there by hand with the same epoch and number, while the first one is served."""
    path, file = site.addresses["quiet"], file_of(site.target)
    db.session.remove()
    db.engine.dispose()
    checkpoint(file)
    twin = file.with_name("twin.sqlite3")
    shutil.copy(file, twin)
    with closing(stage.sqlite3.connect(twin)) as copy:
        copy.execute("UPDATE studio_profiles SET about = 'Of the twin'")
        copy.commit()
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    site.keep(path)
    assert says(site, "First words")
    db.session.remove()
    db.engine.dispose()
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    twin.rename(file)
    db.engine.dispose()
    assert says(site, "Of the twin")


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_another_database_of_the_same_name_is_another_version(site):
    """By two renames, as a restore puts it there, which ends every session first."""
    path, name = site.addresses["quiet"], site.target.url.database
    site.keep(path)
    db.session.remove()
    db.engine.dispose()
    from tests.support.postgres import running_server  # noqa: PLC0415 — this engine alone

    ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    with running_server().connect() as server:
        server.execute(ending.encode())
        time.sleep(0.1)
        server.execute(f"CREATE DATABASE {name}_twin TEMPLATE {name}".encode())
        server.execute(ending.encode())
        time.sleep(0.1)
        server.execute(f"ALTER DATABASE {name} RENAME TO {name}_old".encode())
        server.execute(f"ALTER DATABASE {name}_twin RENAME TO {name}".encode())
    try:
        by_hand(site, "UPDATE studio_profiles SET about = 'Of the twin'")
        assert b"Of the twin" in site.client.get(path).data
        site.keep(path)
        assert b"Of the twin" in site.client.get(path).data
    finally:
        db.session.remove()
        db.engine.dispose()
        with running_server().connect() as server:
            server.execute(f"DROP DATABASE {name}_old WITH (FORCE)".encode())


def test_a_migration_begins_one_in_its_own_transaction(site):
    before = epoch_in(site.target)
    engine = engine_for(site.target.url)
    site.keep("/")
    with engine.changing(SchemaAccess.UPGRADE) as connection:
        config = site.target.history.config()
        config.attributes.update(connection=connection)
        command.stamp(config, stage.HEAD)
        inside = list(connection.scalars(select(portal_epoch.c.epoch)))
        assert epoch_in(site.target) == before, "not before it commits"
    assert epoch_in(site.target) == inside != before
    assert site.is_made("/")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_sync_begins_one(app, settings):
    planted.place_both()
    development = target_named("development")
    before = epoch_in(development)
    operation = stage.operate("databases.sync", target="development")
    assert operation.is_done, operation.outcome
    after = epoch_in(development)
    assert len(after) == 1
    assert after != before
    asker = VersionAsker(settings)
    assert asker.ask() is not None
    asker.close()


def test_the_worker_begins_one_where_there_is_none(site):
    """In a database that an earlier release made, and where a restore could not."""
    by_hand(site, "DROP TABLE portal_epoch", "DROP TABLE portal_versions")
    assert site.is_made("/")
    assert site.is_made("/")
    db.session.commit()
    room_tasks.look_after_places()
    assert len(epoch_in(site.target)) == 1
    site.keep("/")
    room_tasks.look_after_places()
    assert not site.is_made("/")


def test_the_same_numbers_under_another_epoch_are_another_version(site):
    site.keep("/")
    with engine_for(site.target.url).changing(SchemaAccess.OWN_TABLES) as connection:
        numbers = [dict(row) for row in connection.execute(select(portal_versions)).mappings()]
        version.begin_epoch(connection)
        for row in numbers:
            connection.execute(insert(portal_versions).values(row))
        version.note_unseen(connection)
    assert site.is_made("/")
    site.keep("/")


def test_two_epochs_are_none(site):
    site.keep("/")
    by_hand(site, "INSERT INTO portal_epoch (epoch) VALUES ('another')")
    assert site.is_made("/")
    with engine_for(site.target.url).changing(SchemaAccess.OWN_TABLES) as connection:
        version.begin_epoch(connection)
    site.keep("/")


def test_what_is_kept_beside_is_in_no_digest_and_no_drift(site):
    engine = engine_for(site.target.url)
    with engine.reading() as connection:
        before = engine.schema_digest(connection)
    content = stage.content(site.target) if engine.title.startswith("SQLite") else None
    edit(site, "First words, again")
    edit(site, "First words")
    by_hand(site, "UPDATE portal_versions SET number = number + 7")
    with engine.reading() as connection:
        assert engine.schema_digest(connection) == before
    if content:
        now = stage.content(site.target)
        assert set(content.differs_in(now)) <= {"studio_profiles"}
        assert "portal_versions" not in now.counts


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_server_that_hangs_or_ends_sessions_delays_no_request(site, monkeypatch):
    """Whoever asks waits for a moment, and it is asked again as soon as there is an answer."""
    site.keep("/")
    monkeypatch.setattr(postgresql_asking, "PATIENCE", 0.1)
    asking = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND query ILIKE '%num_nonnulls%'"
    )
    with db.engine.connect() as connection:
        pids = list(connection.scalars(text(asking)))
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert find("GET", "/", "", {"host": "localhost"}) is None
        assert time.monotonic() - began < 5
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    monkeypatch.setattr(postgresql_asking, "PATIENCE", 10)
    site.keep("/")
    with db.engine.connect() as connection:
        connection.scalars(text(asking.replace("pid", "pg_terminate_backend(pid)", 1))).all()
    assert site.client.get("/").status_code == 200
    site.keep("/")
