"""On SQLite a schema is changed for the listed purposes, in every process."""

import os
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text
from sqlalchemy.exc import DatabaseError

from portal.app import keep_lease
from portal.core.storage import sqlite
from portal.core.storage.database import OpsModel, db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.engines import engine_for
from portal.databases.targets.config import ops_database, target_named
from portal.jobs.connection import ops_engine
from portal.jobs.leases.holder import end_lease
from tests.conftest import make_file
from tests.support.commands import run
from tests.support.databases import dump, file_of, make_database

#: Of the directory and of the control room's own database alike; {table} stands in both.
FORBIDDEN = [
    "CREATE TABLE more (id)",
    "CREATE TEMP TABLE {table} (id)",
    "CREATE TEMP TRIGGER t AFTER DELETE ON {table} BEGIN SELECT 1; END",
    "CREATE TRIGGER t AFTER DELETE ON {table} BEGIN SELECT 1; END",
    "CREATE VIEW v AS SELECT 1",
    "CREATE INDEX i ON {table} (id)",
    "CREATE VIRTUAL TABLE f USING fts5(words)",
    "ALTER TABLE {table} ADD COLUMN more",
    "ALTER TABLE {table} RENAME TO people",
    "DROP TABLE {table}",
    "DROP {dropped}",
    "REINDEX",
    "REINDEX {table}",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO '{folder}/stolen.sqlite3'",
    "ATTACH DATABASE ':memory:' AS other",
    "ATTACH DATABASE '{folder}/made.sqlite3' AS other",
    "DETACH DATABASE main",
    "SELECT load_extension('{folder}/x')",
    "PRAGMA writable_schema = ON",
    "PRAGMA Writable_Schema(1)",
    "PRAGMA main.writable_schema = RESET",
    "PRAGMA schema_version = 7",
    "PRAGMA user_version = 7",
    "PRAGMA application_id = 7",
    "PRAGMA journal_mode = OFF",
    "PRAGMA auto_vacuum = FULL",
    "PRAGMA incremental_vacuum",
    "PRAGMA optimize",
    "PRAGMA a_pragma_of_tomorrow = 1",
]
STANDS = {
    "directory": {"table": "users", "dropped": "INDEX ix_reviews_studio_id"},
    "ops": {"table": "leases", "dropped": "TRIGGER audit_no_update"},
}


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
    """On the driver's own connection, outside of a transaction: VACUUM would end one by itself."""
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        with pytest.raises(sqlite3.DatabaseError, match="authoriz"):
            raw.execute(statement).fetchall()


def statements(which, folder):
    return [each.format(folder=folder, **STANDS[which]) for each in FORBIDDEN]


def test_nothing_that_changes_a_schema_passes(web, tmp_path):
    for statement in statements("directory", tmp_path):
        refused(db.engine, statement)
    for statement in statements("ops", tmp_path):
        refused(db.engines["ops"], statement)
    changing = engine_for(target_named("development").url).changing(SchemaAccess.UPGRADE)
    with pytest.raises(DatabaseError, match="not authorized"), changing as connection:
        connection.execute(text("CREATE TABLE more (id)"))


def test_rows_are_read_and_written_as_before(web, client):
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE users SET display_name = 'x' WHERE id = 1"))
        connection.execute(text("PRAGMA table_info(users)")).all()

    assert client.get("/studios").status_code == 200


def test_after_a_fork_the_rule_is_the_parents_own(web, monkeypatch):
    """A worker's child that comes of a process with the rule may change schemas."""
    monkeypatch.setattr(sqlite, "_restricted", os.getpid() + 1)

    with engine_for(target_named("development").url).changing(SchemaAccess.SCRATCH) as connection:
        connection.execute(text("CREATE TABLE more (id)"))


def ways_to_connect():
    """Every kind of connection that the product hands out, and on which database it is."""
    production = engine_for(target_named("production").url)
    ops = ops_database().url
    return {
        "directory": db.engine,
        "ops": db.engines["ops"],
        "ops, beside the session": ops_engine(ops, patience=1),
        "ops, for one job": open_sqlite(ops),
        "directory, for one job": open_sqlite(production.url),
        "directory, only read": open_sqlite(production.url, read_only=True),
    }


def test_no_process_changes_a_schema_on_the_products_own_connections(app, tmp_path):
    """A script, a shell, a worker, with the connection that is at hand."""
    for name in ("development", "production"):
        make_database(name, studios=6)
    before = {name: dump(file_of(target_named(name))) for name in ("development", "production")}
    for way, engine in ways_to_connect().items():
        for statement in statements(way.partition(",")[0], tmp_path):
            refused(engine, statement)
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                raw.executescript("CREATE TABLE more (id)")
        with pytest.raises(DatabaseError, match="not authorized"):
            _more().create_all(engine)
    with pytest.raises(DatabaseError, match="not authorized"):
        OpsModel.metadata.drop_all(db.engines["ops"])
    without_a_door = engine_for(target_named("production").url).changing()
    with pytest.raises(DatabaseError, match="not authorized"), without_a_door as connection:
        connection.execute(text("DROP TABLE users"))
    assert not list(tmp_path.glob("*.sqlite3"))
    for name, held in before.items():
        assert dump(file_of(target_named(name))) == held


SCRIPT = """
from portal.app import create_app
from portal.core.storage.database import OpsModel, db
import portal.directory.models
with create_app().app_context():
    {line}
"""
LINES = [
    "OpsModel.metadata.create_all(db.engines['ops'])",
    "db.engines['ops'].raw_connection().executescript('CREATE TABLE more (id)')",
    "db.session.execute(db.text('CREATE TABLE more (id)'), bind_arguments={'bind': db.engine})",
]


@pytest.mark.parametrize("line", LINES)
def test_16_a_script_in_a_process_of_its_own_is_refused(settings, line):
    for name in ("ops", "development"):
        make_file(settings.data / f"{name}.sqlite3")
    env = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "t"}

    done = run("-c", SCRIPT.format(line=line), env=env)

    assert done.code != 0
    assert "not authorized" in done.said
    for name in ("ops", "development"):
        with closing(sqlite3.connect(settings.data / f"{name}.sqlite3")) as connection:
            assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_each_permission_is_one_of_the_list_and_the_narrow_one_is_narrow(app):
    make_database("development", studios=6)
    engine = engine_for(target_named("development").url)
    assert [each.name for each in SchemaAccess] == [
        *("SET_UP", "UPGRADE", "CHANGE", "RESTORE", "SYNC", "SCRATCH", "OWN_TABLES")
    ]
    with engine.changing(SchemaAccess.OWN_TABLES) as connection:
        connection.execute(text("CREATE TABLE portal_more (id INTEGER UNIQUE)"))
    for statement in ("CREATE TABLE more (id)", "DROP TABLE users", "DROP TABLE portal_more"):
        narrow = engine.changing(SchemaAccess.OWN_TABLES)
        with pytest.raises(DatabaseError, match="not authorized"), narrow as connection:
            connection.execute(text(statement))


def _more() -> MetaData:
    metadata = MetaData()
    Table("more_of_a_script", metadata, Column("id", Integer))
    return metadata
