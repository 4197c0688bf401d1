"""Maintenance mode: read with a banner, no write; around a contract by itself if chosen."""

from contextlib import suppress

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Invalid, Unavailable
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.policies.maintenance import (
    NOTICE,
    begin_maintenance,
    end_maintenance,
    in_maintenance,
    notice,
)
from portal.databases.targets import readiness
from portal.directory.models import User
from portal.directory.revisions import SERVES
from portal.jobs.leases.holder import LeaseHolder
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform
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
    assert NOTICE in words(page.select_one(".maintenance-banner"))
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
    assert not client.page("/studios").select_one(".maintenance-banner")
    rename("Now")
    assert [
        entry.action
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        if entry.action.startswith("maintenance")
    ] == ["maintenance.begun", "maintenance.ended"]


WRITES = [
    "/* it only looks like a comment */ DELETE FROM users",
    "-- one line\nUPDATE users SET display_name = 'x'",
    "WITH RECURSIVE n(i) AS (SELECT 1) INSERT INTO alembic_version SELECT i FROM n",
    "(SELECT 1)",
    "REPLACE INTO alembic_version VALUES ('x')",
    "\ufeffDELETE FROM users",
    ";DELETE FROM users",
    "EXPLAIN QUERY PLAN DELETE FROM users",
    "PRAGMA user_version = 5",
    "PRAGMA query_only = OFF",
    "/* c */ pragma main.QUERY_ONLY(0)",
    "ANALYZE",
    "REINDEX",
    "COMMIT",
    "DELETE FROM users RETURNING id",
]
"""SQLite reads two of them, ends the transaction with one, and understands one not at all."""


def test_the_engine_refuses_every_writer(site):
    """Before, after and between: a statement that lets go of the connection is no way round."""
    begin_maintenance(site, because="Moving house", by=OMAR)
    before = stage.content(site)

    for first in (*WRITES, "SELECT 1"):
        with db.engine.connect() as connection:
            for statement in (first, "COMMIT", "BEGIN IMMEDIATE", *WRITES):
                with suppress(Unavailable, DBAPIError):
                    connection.exec_driver_sql(statement)
            with suppress(DBAPIError):
                connection.commit()
    for statement in ("/* c */ DELETE FROM users", "PRAGMA query_only = OFF", "ANALYZE"):
        with db.engine.connect() as connection, pytest.raises(Unavailable, match="nothing was"):
            connection.exec_driver_sql(statement)

    assert stage.content(site) == before
    assert user_version(site) == 0
    end_maintenance(site, by=OMAR)
    with db.engine.begin() as connection:
        assert connection.exec_driver_sql("/* c */ DELETE FROM users").rowcount > 1


def user_version(target):
    with engine_for(target.url).reading() as connection:
        return connection.exec_driver_sql("PRAGMA user_version").scalar()


def test_what_was_begun_before_is_not_written_afterwards(site):
    before = stage.content(site)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM users")
        begin_maintenance(site, because="Moving house", by=OMAR)
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("DELETE FROM users")
    assert stage.content(site) == before


def test_a_page_that_writes_gets_the_maintenance_page_and_the_next_is_read(site, client, app):
    begin_maintenance(site, because="Moving house", by=OMAR)
    was = app.extensions["portal.directory.check"]
    app.extensions["portal.directory.check"] = lambda: db.session.execute(
        text("/* a page's */ UPDATE users SET display_name = 'x'")
    )
    page = client.page("/studios", status=503)
    assert readiness.READ_ONLY in words(page)

    app.extensions["portal.directory.check"] = was
    assert "12 studios" in words(client.page("/studios"))


def test_a_fault_of_another_kind_stays_one(site):
    begin_maintenance(site, because="Moving house", by=OMAR)
    with db.engine.connect() as connection, pytest.raises(OperationalError, match="no such table"):
        connection.exec_driver_sql("SELECT * FROM nowhere")


def test_code_that_does_not_fit_does_not_write_either(site):
    readiness.declare(frozenset({"0001"}))
    try:
        with pytest.raises(Unavailable, match="nothing was saved"):
            rename("Never")
    finally:
        readiness.declare(SERVES)
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
        assert notice(connection) == NOTICE


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
