"""The old release runs, reads the legacy schema, holds its lease, and breaks as it did that day."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portal.core.storage.database import db, reading
from portal.jobs.leases.holder import live_leases
from portal.jobs.models import Lease
from tests.releases.process import legacy_release
from tests.support.alembic import HEAD, LEGACY, engine_for, upgrade
from tests.support.databases import prepared_file


@pytest.fixture
def data(app, settings):
    shutil.copy(prepared_file(LEGACY, 60), settings.data / "production.sqlite3")
    return settings.data


def leases() -> list[Lease]:
    """Read and let go, so that nobody waits for this test's transaction."""
    with reading():
        found = live_leases("production")
        db.session.expunge_all()
        db.session.rollback()
    return found


def replace_content(source: Path, live: Path) -> None:
    with closing(sqlite3.connect(source)) as new, closing(sqlite3.connect(live)) as old:
        new.backup(old)


def test_it_serves_the_legacy_schema(data):
    with legacy_release(data) as old:
        assert old.get() == (200, "60 studios listed\n")
        status, studio = old.get("/studios/ben-hargreaves-voiceover")
        assert status == 200
        assert "Bristol" in studio
        assert old.get("/studios/nobody")[0] == 404


def test_it_writes_as_well(data):
    with legacy_release(data) as old:
        assert old.post("/studios/ben-hargreaves-voiceover/name/Barn") == 204
        assert '"Barn"' in old.get("/studios/ben-hargreaves-voiceover")[1]
        assert old.post("/studios/nobody/name/Barn") == 404


def test_it_holds_a_lease_that_serves_the_legacy_revision_alone(data):
    with legacy_release(data) as old:
        [lease] = leases()
        assert lease.serves == [LEGACY]
        assert lease.pid == old.process.pid
        assert lease.release == "2025.11-legacy"
    assert leases() == []


def test_a_killed_one_leaves_its_lease_behind(data):
    with legacy_release(data) as old:
        old.kill()
        assert len(leases()) == 1


def test_it_answers_500_once_its_tables_are_gone(data):
    """The founding incident, which this product exists to prevent."""
    with legacy_release(data) as old:
        replace_content(prepared_file(HEAD, 60), data / "production.sqlite3")
        assert old.get()[0] == 500
        assert old.get("/healthz")[0] == 200


def test_it_serves_postgresql_too(data, postgres_url):
    engine = engine_for(postgres_url)
    upgrade(engine, LEGACY)
    address = postgres_url.render_as_string(hide_password=False)
    with legacy_release(data, PRODUCTION_DATABASE_URL=address) as old:
        assert old.get() == (200, "0 studios listed\n")
