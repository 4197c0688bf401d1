"""What was ended on a site is in ops once, whatever dies in between, on both engines."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import Refused
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets.config import Target
from portal.directory.site_tasks import drain_site_events
from portal.directory.users.draining import drain_events
from portal.directory.users.ended import EndedKind, EndedOnSite
from portal.directory.users.events import note_event
from portal.directory.users.models import SiteEvent
from tests.support.commands import Forked
from tests.support.databases import forget
from tests.support.site_directory import on_server, place_directory

DIES = """
from portal.app import create_app
from portal.databases.targets.config import target_named
from portal.directory.users.draining import drain_events
from tests.faults.moments import arm_call, kill
arm_call("portal.directory.users.draining", "{moment}", kill)
with create_app().app_context():
    drain_events(target_named("development"))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    told = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    if request.param == "sqlite":
        yield load_settings(told)
        return
    with on_server() as url:
        there = url.render_as_string(hide_password=False)
        yield load_settings({**told, "DEVELOPMENT_DATABASE_URL": there})


@pytest.fixture
def target(app: Flask) -> Iterator[Target]:
    yield place_directory()
    db.session.remove()
    db.engine.dispose()


def happen() -> None:
    with changing_directory():
        note_event("password-changed", 4, {"password_hash": "a new one"})
        note_event("deleted", 7)
        note_event("logged-in", 7)
        note_event("blocked", None)


def recorded() -> dict[str, tuple[int, str | None]]:
    rows = db.session.scalars(select(EndedOnSite)).all()
    found = {each.kind.value: (each.user_id, each.password_hash) for each in rows}
    assert len(found) == len(rows)
    db.session.rollback()
    return found


def left() -> int:
    count = db.session.scalar(select(func.count(SiteEvent.id))) or 0
    db.session.rollback()
    return count


WHAT = {"password-changed": (4, "a new one"), "deleted": (7, None)}


def test_what_was_ended_is_recorded_once_and_leaves(target: Target) -> None:
    happen()
    assert (drain_events(target), recorded(), left()) == (2, WHAT, 0)
    assert drain_events(target) == 0
    row = db.session.scalars(select(EndedOnSite).where(EndedOnSite.kind == "deleted")).one()
    assert (row.kind, row.at <= row.recorded_at) == (EndedKind.DELETED, True)


@pytest.mark.parametrize("moment", ["_record", "_delete"])
def test_a_process_that_is_killed_in_between_loses_and_repeats_nothing(
    target: Target, settings: Settings, moment: str
) -> None:
    happen()
    env = {
        **os.environ,
        "PORTAL_DATA": str(settings.data),
        "SECRET_KEY": "only for tests",
        "DEVELOPMENT_DATABASE_URL": settings.development_url.render_as_string(hide_password=False),
    }
    process = Forked("-c", DIES.format(moment=moment), env=env)
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert (recorded(), left()) == ({} if moment == "_record" else WHAT, 4)
    drain_site_events()
    assert (recorded(), left()) == (WHAT, 0)


def test_in_maintenance_it_is_recorded_and_leaves_afterwards(target: Target) -> None:
    happen()
    begin_maintenance(target, because="A change", by=SYSTEM)
    assert (drain_events(target), recorded(), left()) == (2, WHAT, 4)
    assert drain_events(target) == 0
    end_maintenance(target, by=SYSTEM)
    assert (drain_events(target), recorded(), left()) == (0, WHAT, 0)


def test_a_database_that_is_not_the_registered_one_is_not_believed(target: Target) -> None:
    happen()
    forget(target.name)
    drain_site_events()
    with pytest.raises(Refused):
        drain_events(target)
    assert (recorded(), left()) == ({}, 4)


@pytest.mark.parametrize("details", [[], "x", {"user_created_at": "soon"}, {"user_created_at": 3}])
def test_details_that_can_not_be_read_end_no_other(target: Target, details: object) -> None:
    """Whom it is about is not known then, which a restore says."""
    happen()
    with changing_directory():
        note_event("mail-ended", 9).details = details
    assert drain_events(target) == 3
    row = db.session.scalars(select(EndedOnSite).where(EndedOnSite.user_id == 9)).one()
    assert row.user_created_at is None
    db.session.rollback()
