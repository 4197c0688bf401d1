"""A site that loses ops goes on reading by its other lease; without both it closes."""

import shutil
import sqlite3
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.databases.engines.sqlite.leases import file_beside
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.policies.target_leases import place_of, refuse_unless_clear
from portal.databases.targets import readiness
from portal.directory.revisions import SERVES
from portal.jobs.leases import holder as leases
from portal.jobs.leases.holder import end_lease, held_lease, holds_lease, may_serve, take_lease
from tests.jobs.conftest import eventually
from tests.support.databases import file_of, make_database


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(leases, "TTL", timedelta(seconds=20))
    monkeypatch.setattr(leases, "MARGIN", timedelta(seconds=19.5))
    monkeypatch.setattr(leases, "INTERVAL", timedelta(seconds=0.1))
    monkeypatch.setattr(leases, "RETRY", timedelta(seconds=0.1))
    engine = leases.ops_engine
    monkeypatch.setattr(leases, "ops_engine", lambda url, **_: engine(url, patience=0.3))
    yield
    db.session.rollback()
    end_lease()


def test_without_ops_it_reads_and_nothing_changes_its_directory_without_both_it_closes(
    app, settings, client, hurried
):
    target = make_database("development", studios=12)
    file = file_of(target)
    held = take_lease("web", environment="development", serves=sorted(SERVES), target="development")
    assert client.get("/studios").status_code == 200
    away = settings.data / "ops-away"
    for ending in ("", "-wal", "-shm"):
        if (ops := settings.data / f"ops.sqlite3{ending}").exists():
            shutil.move(ops, f"{away}{ending}")

    eventually(lambda: not holds_lease())
    assert may_serve()
    assert held_lease() is held
    page = client.get("/studios")
    assert page.status_code == 200
    assert readiness.NOTICE not in page.text, "visitors notice nothing"
    with pytest.raises(Unavailable), readiness.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE studio_profiles SET name = 'x'")
    assert [each.uuid for each in place_of_file(target).read().leases] == [held.uuid]

    beside = file_beside(file)
    beside.unlink()
    beside.mkdir()
    eventually(lambda: not may_serve())
    assert client.get("/studios").status_code == 503
    beside.rmdir()
    eventually(may_serve)
    assert client.get("/studios").status_code == 200
    for ending in ("", "-wal", "-shm"):
        if (settings.data / f"ops-away{ending}").exists():
            shutil.move(f"{away}{ending}", settings.data / f"ops.sqlite3{ending}")
    eventually(holds_lease)
    assert readiness.require_fit() is None
    eventually(lambda: held.uuid in {each.uuid for each in place_of(target).read().leases})
    refuse_unless_served(target, sorted(SERVES)[0])


def test_a_command_has_a_lease_beside_a_target_only_once_ops_has_it(app, settings, hurried):
    target = make_database("development", studios=12)
    place_of(target).make()
    place = place_of_file(target)
    db.session.rollback()
    with locked(settings.data / "ops.sqlite3"):
        held = take_lease("command", target="development")
        assert place.read().leases == [], "ops doesn’t know it yet: it would be taken for lost"
    eventually(lambda: [each.uuid for each in place.read().leases] == [held.uuid])
    refuse_unless_clear(target)
    held.end()
    held.beside.stand_at([place])  # a thread that was on its way there when the end came
    assert place.read().leases == []


@contextmanager
def locked(file):
    """Another process writes into it and does not come to an end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def place_of_file(target):
    """Without asking ops, which is away."""
    from portal.databases.engines import leases_beside  # noqa: PLC0415

    return leases_beside(target.url)
