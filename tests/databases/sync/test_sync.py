"""The sync of the demo's production: what it leaves, and what it must not leave anywhere."""

import sqlite3
import struct
from contextlib import closing

import pytest

from portal.databases.backups.catalogue.find import backup_named
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import judge
from tests.databases import stage
from tests.databases.sync import planted

pytestmark = pytest.mark.usefixtures("app")


def rows(name: str, query: str) -> list[tuple]:
    with closing(sqlite3.connect(stage.file_at(target_named(name)))) as connection:
        return connection.execute(query).fetchall()


def test_nothing_that_production_says_of_people_is_in_any_byte_of_development(synced):
    file = stage.file_at(target_named("development"))
    beside = [path for path in file.parent.glob(f"{file.name}*") if path.is_file()]
    raw = b"".join(path.read_bytes() for path in beside)

    said = planted.said_of_people(stage.file_at(target_named("production")))

    assert len(said) > 300
    assert {each for each in said if each.encode() in raw} == set()
    assert planted.NO_UTF8 not in raw
    points = rows("production", "SELECT latitude, longitude FROM studios")
    assert not [each for point in points for each in point if struct.pack(">d", each) in raw]
    assert not list((file.parent / "scratch").glob("copy-*")), "and the copies are gone"


def test_every_row_came_and_development_stays_at_its_revision(synced):
    count = "SELECT count(*) FROM {}"
    for before, after in (("users", "users"), ("studios", "studio_profiles WHERE name <> ''")):
        there = rows("production", count.format(before))[0][0]
        assert there <= rows("development", count.format(after))[0][0]
    assert synced.counts["users"] == rows("development", count.format("users"))[0][0]
    assert rows("development", "SELECT version_num FROM alembic_version") == [(stage.HEAD,)]
    assert (synced.from_revision, synced.to_revision) == (stage.LEGACY, stage.HEAD)


def test_development_stays_who_it_is(synced):
    judgement = judge(target_named("development"))
    assert judgement.fits
    assert judgement.label.database_uuid == synced.database_uuid
    assert rows("development", "SELECT ticket FROM portal_journal") == [("development-1",)]
    assert stage.operate("databases.backup", target="development").is_done


def test_what_was_there_can_be_had_back(synced):
    backup = backup_named(synced.backup)
    assert backup.is_proven
    assert backup.target == "development"
    assert backup.is_before_change

    operation = stage.operate(
        "databases.restore", target="development", backup=backup.name, text=""
    )

    assert operation.is_done, operation.outcome
    assert rows("development", "SELECT count(*) FROM studio_profiles WHERE status <> 'draft'")


def test_a_person_is_the_same_in_every_table(synced):
    last_names = "SELECT u.display_name, p.last_name FROM users u JOIN {} p ON p.user_id = u.id"
    for name, last in rows("development", last_names.format("studio_profiles")):
        assert name.endswith(f" {last}")
    kept = (
        "SELECT count(*) FROM studio_profiles s JOIN legacy_studios a USING (id) WHERE s.{} = a.{}"
    )
    total = rows("development", "SELECT count(*) FROM studio_profiles")[0][0]
    assert rows("development", kept.format("name", "kept_name"))[0][0] == total


def test_it_is_on_record(synced, audited):
    ours = [entry for entry in audited() if entry[0].startswith(("sync.", "backup."))]
    assert ours == [
        ("sync.started", "intent", "development"),
        ("backup.taken", "done", "development"),
        ("sync.finished", "done", "development"),
    ]
    assert synced.rows == sum(synced.counts.values()) > 300
    assert synced.columns["users"]["email"] == "fake: email"
    assert "Copy its rows, anonymised" in synced.steps
