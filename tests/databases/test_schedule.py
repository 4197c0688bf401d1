"""BACKUP_SCHEDULE: each time once, also with two workers; one that was missed is caught up with."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.configuration.cron import cron_setting, newest_slot
from portal.core.configuration.settings import load_settings
from portal.core.errors import SettingError
from portal.core.storage.database import db
from portal.databases.tasks.schedule import begin_scheduled_backups
from portal.jobs.models import Operation, Schedule
from portal.jobs.worker import schedules
from tests.databases import stage

NIGHTLY = "0 3 * * *"


@pytest.fixture
def settings(tmp_path):
    return load_settings(
        {
            "PORTAL_DATA": str(tmp_path / "data"),
            "SECRET_KEY": "only for tests",
            "BACKUP_SCHEDULE": NIGHTLY,
        }
    )


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def asked() -> list[tuple[str, str | None]]:
    found = [(each.kind, each.target) for each in db.session.scalars(select(Operation))]
    db.session.rollback()
    return found


def test_everything_is_backed_up_at_its_time_and_once(app):
    with time_machine.travel(at(10), tick=False) as clock:
        stage.place(studios=6)
        begin_scheduled_backups()
        assert asked() == []  # the first look begins nothing

        clock.move_to(at(11, 2, 59))
        begin_scheduled_backups()
        assert asked() == []

        clock.move_to(at(11, 3))
        for _ in range(3):
            begin_scheduled_backups()
        once = [("databases.backup", "production"), ("backups.ops", None), ("backups.tidy", None)]
        assert asked() == once

        clock.move_to(at(15, 9))  # down for four nights: caught up with once
        begin_scheduled_backups()
        begin_scheduled_backups()
        assert asked() == once + once


def test_of_two_workers_one_begins(app, monkeypatch):
    with time_machine.travel(at(10), tick=False) as clock:
        schedules.begin("x", NIGHTLY)
        db.session.commit()
        clock.move_to(at(11))
        assert schedules.is_due("x", NIGHTLY)  # both have looked

        with Session(db.engines["ops"]) as other, other.begin():
            other.get_one(Schedule, "x").slot = newest_slot(NIGHTLY, at(11))

        assert not schedules.begin("x", NIGHTLY)


def test_the_newest_time_is_the_minute_itself():
    assert newest_slot(NIGHTLY, at(11, 3)) == at(11, 3)
    assert newest_slot(NIGHTLY, at(11, 2, 59)) == at(10, 3)


@pytest.mark.parametrize("wrong", ["x", "* * *", "61 * * * *", "@daily", "0 0 30 2 *"])
def test_what_is_no_cron_expression_is_named(wrong):
    with pytest.raises(SettingError, match="BACKUP_SCHEDULE is"):
        cron_setting("BACKUP_SCHEDULE", wrong)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("BACKUP_SCHEDULE", "every night"),
        ("BACKUP_KEEP", "7"),
        ("BACKUP_KEEP", "daily=0 weekly=4 monthly=12"),
        ("BACKUP_URL", "ftp://elsewhere"),
        ("BACKUP_URL", "file:relative"),
        ("BACKUP_URL", "s3://key:secret@bucket"),
        ("BACKUP_URL", "s3://"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path, name, wrong):
    with pytest.raises(SettingError) as refused:
        load_settings({"PORTAL_DATA": str(tmp_path), name: wrong})

    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret@" not in str(refused.value)


def test_a_store_inside_the_data_is_none(tmp_path):
    with pytest.raises(SettingError, match="lost with it"):
        load_settings({"PORTAL_DATA": str(tmp_path), "BACKUP_URL": f"file:{tmp_path}/backups"})


def test_a_time_that_a_wrong_clock_noted_keeps_no_backup_from_being_taken(app):
    with time_machine.travel(at(10), tick=False) as clock:
        schedules.begin("x", NIGHTLY)
        clock.move_to(datetime(2028, 1, 1, tzinfo=UTC))
        assert schedules.begin("x", NIGHTLY)
        db.session.commit()
        clock.move_to(at(11))
        assert schedules.is_due("x", NIGHTLY)
        assert schedules.begin("x", NIGHTLY)
        db.session.commit()
        assert not schedules.is_due("x", NIGHTLY)
