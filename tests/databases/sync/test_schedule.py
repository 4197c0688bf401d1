"""SYNC_SCHEDULE: once each time, and only where both databases are known."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select

from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import SettingError
from portal.core.storage.database import db
from portal.databases.tasks.sync import begin_scheduled_sync
from portal.jobs.models import Operation
from tests.databases import stage

WEEKLY = "0 4 * * 1"


@pytest.fixture
def settings(tmp_path) -> Settings:
    return load_settings(
        {
            "PORTAL_DATA": str(tmp_path / "data"),
            "SECRET_KEY": "only for tests",
            "SYNC_SCHEDULE": WEEKLY,
        }
    )


def asked() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Operation)).all())


def test_once_a_week_where_both_are_known(app):
    with time_machine.travel(datetime(2026, 11, 29, 12, tzinfo=UTC), tick=False) as clock:
        stage.place("production", studios=6)
        begin_scheduled_sync()
        clock.move_to(datetime(2026, 11, 30, 4, tzinfo=UTC))
        begin_scheduled_sync()
        assert asked() == 0, "development is not known"

        stage.place("development", studios=6)
        clock.move_to(datetime(2026, 12, 7, 3, 59, tzinfo=UTC))
        begin_scheduled_sync()
        assert asked() == 0

        clock.move_to(datetime(2026, 12, 7, 4, tzinfo=UTC))
        for _ in range(3):
            begin_scheduled_sync()
        assert asked() == 1
    [operation] = db.session.scalars(select(Operation))
    assert (operation.kind, operation.target, operation.requested_by_name) == (
        "databases.sync",
        "development",
        "Talkback",
    )


def test_what_is_no_schedule_is_named(tmp_path):
    with pytest.raises(SettingError, match="SYNC_SCHEDULE is"):
        load_settings({"PORTAL_DATA": str(tmp_path), "SYNC_SCHEDULE": "weekly"})
