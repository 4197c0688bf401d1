"""Maintenance mode: read with a banner, no write; around a contract by itself if chosen."""

import pytest
from sqlalchemy import delete, select, text

from portal.audit.models import AuditEntry
from portal.core.database import db
from portal.core.errors import Conflict, Invalid, Unavailable
from portal.databases import fitness
from portal.databases.maintenance import (
    NOTICE,
    begin_maintenance,
    end_maintenance,
    in_maintenance,
)
from portal.directory.models import User
from portal.directory.revisions import SERVES
from portal.jobs.leases import LeaseHolder
from portal.jobs.models import Operation
from portal.jobs.service import perform
from tests.databases import stage
from tests.databases.stage import ANA, OMAR
from tests.support.cast import log_in, make_account
from tests.support.databases import make_database
from tests.support.pages import words


@pytest.fixture
def site(app):
    return make_database("development", studios=12)


def rename(name: str) -> None:
    user = db.session.scalars(select(User).limit(1)).one()
    user.display_name = name
    db.session.commit()


def test_visitors_read_with_a_banner_and_nothing_is_written(site, client):
    begin_maintenance(site, because="Moving house", by=OMAR)

    page = client.page("/studios")
    assert NOTICE in words(page.select_one(".maintenance"))
    with pytest.raises(Unavailable, match="nothing was saved"):
        rename("Not now")
    db.session.rollback()

    for statement in (text("UPDATE users SET display_name = 'x'"), delete(User)):
        with pytest.raises(Unavailable, match="nothing was saved"):
            db.session.execute(statement)
        db.session.rollback()
    with db.engine.begin() as connection, pytest.raises(Unavailable):
        connection.exec_driver_sql("WITH one AS (SELECT 1) DELETE FROM users")

    end_maintenance(site, by=OMAR)
    assert not client.page("/studios").select_one(".maintenance")
    rename("Now")
    assert [
        entry.action
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        if entry.action.startswith("maintenance")
    ] == ["maintenance.begun", "maintenance.ended"]


def test_code_that_does_not_fit_does_not_write_either(site):
    fitness.declare(frozenset({"0001"}))
    try:
        with pytest.raises(Unavailable, match="nothing was saved"):
            rename("Never")
    finally:
        fitness.declare(SERVES)
        db.session.rollback()


def test_twice_on_twice_off_and_without_a_reason_are_refused(site):
    with pytest.raises(Invalid):
        begin_maintenance(site, because=" ", by=OMAR)
    with pytest.raises(Conflict):
        end_maintenance(site, by=OMAR)
    begin_maintenance(site, because="Moving house", by=OMAR)
    with pytest.raises(Conflict):
        begin_maintenance(site, because="Moving house", by=OMAR)


def test_the_page_switches_it_through_the_worker(site, client):
    log_in(client, make_account("omar"))
    client.post("/ops/databases/development/maintenance", data={"reason": "Moving house"})
    assert not in_maintenance(site)
    last = select(Operation).order_by(Operation.id.desc()).limit(1)
    assert perform(db.session.scalars(last).one()).is_done
    page = client.page("/ops/databases")
    assert "read-only" in words(page)
    assert "Moving house" in words(page)

    client.post("/ops/databases/development/maintenance/end")
    assert perform(db.session.scalars(last).one()).is_done
    assert not in_maintenance(site)


def test_a_restore_does_not_end_it_and_content_does_not_count_it(site):
    before = stage.content(site).digest
    backup = stage.operate("databases.backup", target="development").result["backup"]
    begin_maintenance(site, because="Going back", by=ANA)
    operation = stage.operate("databases.restore", target="development", backup=backup, by=ANA)

    assert operation.is_done, operation.outcome
    assert stage.content(site).digest == before
    with db.engine.connect() as connection:
        assert fitness.notice(connection) == NOTICE


def test_around_a_contract_it_lets_an_old_process_not_stand_in_the_way(ticket, app, settings):
    target = stage.target_named("production")
    old = LeaseHolder(settings.ops_url, "web", "production", [stage.LEGACY])
    old.start()
    try:
        refused = stage.operate("databases.migrate", run=ticket.run)
        assert "web process" in refused.outcome
        assert "maintenance mode" in refused.outcome
        done = stage.operate("databases.migrate", run=ticket.run, maintenance="yes")
    finally:
        db.session.rollback()
        old.end()

    assert done.is_done, done.outcome
    assert stage.revision(target) == stage.HEAD
    assert not in_maintenance(target)


def test_a_change_that_fails_ends_the_maintenance_that_it_began(ticket, app, monkeypatch):
    target = stage.target_named("production")
    stage.execute(target, "CREATE TABLE by_hand (id)")
    operation = stage.operate("databases.migrate", run=ticket.run, maintenance="yes")

    assert not operation.is_done
    assert not in_maintenance(target)
