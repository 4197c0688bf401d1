"""Retention: what stays, what goes, here and in the store, and that it is recorded."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.configuration.retention_setting import RetentionRule, keep_setting
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.files import backups_folder, file_of
from portal.databases.backups.integrity import is_whole
from portal.databases.backups.key import backup_key
from portal.databases.backups.manifest import manifest_of, write_manifest
from portal.databases.backups.models import Backup, BackupCopy, CopyState, Purpose
from portal.databases.backups.retention import next_removals, superfluous
from tests.databases import stage

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEEP = RetentionRule(daily=3, weekly=2, monthly=2)


def taken(**ago: float) -> Backup:
    when = NOW - timedelta(**ago)
    return Backup(name=f"{when:%m-%dT%H}", taken_at=when, purpose=Purpose.SCHEDULED.value)


def staying(found: list[Backup], keep: RetentionRule = KEEP) -> list[str]:
    gone = {each.name for each in superfluous(found, keep, NOW)}
    return [each.name for each in found if each.name not in gone]


def test_the_newest_of_days_weeks_and_months_stay():
    nightly = [taken(days=day, hours=9) for day in range(1, 80)]  # at three in the night

    assert staying(nightly) == ["11-24T03", "11-23T03", "11-22T03", "10-31T03"]
    by_default = staying(nightly, keep_setting(""))
    assert by_default[:7] == [f"11-{day}T03" for day in range(24, 17, -1)]
    assert by_default[7:] == ["11-15T03", "11-08T03", "10-31T03", "09-30T03"]


def test_all_of_the_last_day_stay():
    hourly = [taken(hours=hour) for hour in range(30)]

    assert len(staying(hourly, RetentionRule(daily=1, weekly=0, monthly=0))) == 25


def test_the_newest_before_a_change_always_stays():
    found = [taken(days=day) for day in range(2, 400)]
    found[300].purpose = found[350].purpose = Purpose.CHANGE.value
    found[360].purpose, found[360].run = None, "a run from before purposes were noted"

    assert found[300].name in staying(found)
    assert found[350].name not in staying(found)


def test_after_a_long_pause_nothing_is_lost():
    old = [taken(days=day) for day in range(500, 503)]

    assert staying(old) == [each.name for each in old]


@pytest.fixture
def settings(away_settings):
    return away_settings


def test_what_nothing_keeps_goes_here_and_in_the_store_and_is_recorded(app, away):
    stage.place(studios=6)
    names = [stage.operate("databases.backup").result["backup"] for _ in range(3)]
    stage.operate("backups.copy", target=None)
    change, old, newest = (backup_named(name) for name in names)
    change.taken_at, change.purpose = now() - timedelta(days=900), Purpose.CHANGE.value
    old.taken_at = now() - timedelta(days=800)
    for day in range(1, 30):  # so that the old one is no longer among the last of anything
        db.session.add(copied(newest, f"later-{day}", now() - timedelta(days=day * 31)))
    db.session.commit()
    assert old in next_removals()

    (away / f"{old.name}.sqlite3.age").rename(away / "elsewhere")  # gone already: no harm
    operation = stage.operate("backups.tidy", target=None)

    assert operation.is_done, operation.outcome
    assert not file_of(old).exists()
    assert is_whole(change)
    assert is_whole(newest)
    left = {file.name.split(".")[0] for file in away.iterdir()}
    assert left == {change.name, newest.name, "elsewhere", "talkback-store"}
    row = db.session.scalars(select(BackupCopy).where(BackupCopy.backup_id == old.id)).one()
    assert row.state is CopyState.REMOVED
    assert old.removed_because == "Retention"
    said = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "backup.removed"))
    assert [f'"subject":"{old.name}"' in each.canonical for each in said].count(True) == 2
    assert next_removals() == []


def copied(backup: Backup, name: str, when: datetime) -> Backup:
    names = set(Backup.__table__.columns.keys()) - {"id"}
    columns = {key: getattr(backup, key) for key in names}
    file = file_of(backup)
    file.with_name(f"{name}.sqlite3").hardlink_to(file)
    made = Backup(**columns | {"name": name, "file": f"{name}.sqlite3", "taken_at": when})
    write_manifest(backups_folder(), name, manifest_of(made, backup_key()))
    return made
