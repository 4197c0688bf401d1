"""A process that serves pages can't change a schema on SQLite; others can."""

import os

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text
from sqlalchemy.exc import DatabaseError

from portal.app import keep_lease
from portal.core import sqlite
from portal.core.database import db
from portal.databases.engines import engine_for
from portal.databases.targets import target_named
from portal.jobs.leases import end_lease
from tests.support.databases import make_database

FORBIDDEN = [
    "CREATE TABLE more (id)",
    "CREATE TRIGGER t AFTER DELETE ON users BEGIN SELECT 1; END",
    "CREATE VIEW v AS SELECT 1",
    "CREATE INDEX i ON users (role)",
    "CREATE VIRTUAL TABLE f USING fts5(words)",
    "ALTER TABLE users ADD COLUMN more",
    "ALTER TABLE users RENAME TO people",
    "DROP TABLE reviews",
    "DROP INDEX ix_reviews_studio_id",
    "ATTACH DATABASE ':memory:' AS other",
    "PRAGMA writable_schema = ON",
    "PRAGMA Writable_Schema = 1",
]


@pytest.fixture
def web(app, monkeypatch):
    """This process, as one that serves pages."""
    make_database("development", studios=6)
    monkeypatch.setattr(sqlite, "_restricted", None)
    app.testing = False
    keep_lease()
    yield
    db.session.rollback()
    end_lease()
    for engine in db.engines.values():
        engine.dispose()


def refused(engine, statement):
    with engine.connect() as connection, pytest.raises(DatabaseError, match="not authorized"):
        connection.execute(text(statement))


def test_nothing_that_changes_a_schema_passes(web):
    for statement in FORBIDDEN:
        refused(db.engine, statement)
    refused(db.engines["ops"], "DROP TABLE accounts")


def test_rows_are_read_and_written_as_before(web, client):
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE users SET display_name = 'x' WHERE id = 1"))
        connection.execute(text("PRAGMA table_info(users)")).all()

    assert client.get("/studios").status_code == 200


def test_after_a_fork_the_rule_is_the_parents_own(web, monkeypatch):
    """A worker's child that comes of a process with the rule may change schemas, by its door."""
    monkeypatch.setattr(sqlite, "_restricted", os.getpid() + 1)

    with engine_for(target_named("development").url).changing() as connection:
        connection.execute(text("CREATE TABLE more (id)"))


def test_no_process_changes_a_schema_on_the_products_own_connections(app):
    """A script, a shell, a worker: `create_all` with the engine that is at hand."""
    make_database("development", studios=6)
    for statement in FORBIDDEN:
        refused(db.engine, statement)
    with pytest.raises(DatabaseError, match="not authorized"):
        _more().create_all(db.engine)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE users SET display_name = 'x' WHERE id = 1"))


def _more() -> MetaData:
    metadata = MetaData()
    Table("more_of_a_script", metadata, Column("id", Integer))
    return metadata
