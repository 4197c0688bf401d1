"""The SQLite engine: what a connection is on, what it may do, and what its schema is."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from portal.core.errors import Refused, Unavailable
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.sqlite.engine import SqliteEngine
from tests.support.databases import change_by_hand, url_of


@pytest.fixture
def file(tmp_path):
    return tmp_path / "folder" / "some.sqlite3"


@pytest.fixture
def engine(file):
    engine = engine_for(url_of(file))
    assert isinstance(engine, SqliteEngine)
    engine.create()
    change_by_hand(file, "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
    return engine


def test_create_makes_a_private_file_and_leaves_an_old_one_alone(engine, file):
    assert file.stat().st_mode & 0o777 == 0o600
    change_by_hand(file, "INSERT INTO things VALUES (1, 'kept')")

    engine.create()

    with engine.reading() as connection:
        assert connection.exec_driver_sql("SELECT name FROM things").scalar() == "kept"


def test_opening_never_makes_a_file(tmp_path):
    missing = engine_for(url_of(tmp_path / "missing.sqlite3"))

    for opening in (missing.reading, missing.changing):
        with pytest.raises(OperationalError, match="unable to open"), opening():
            pass
    assert not missing.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_reading_connection_can_not_write(engine):
    with engine.reading() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM things")


def test_a_changing_connection_holds_the_writers_lock(engine, file):
    with (
        engine.changing(SchemaAccess.SCRATCH),
        closing(sqlite3.connect(file, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_changing_connection_commits_at_the_end_and_not_before(engine, file):
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        connection.exec_driver_sql("INSERT INTO things VALUES (1, 'a')")
        with engine.reading() as other:
            assert other.exec_driver_sql("SELECT count(*) FROM things").scalar() == 0

    with engine.reading() as other:
        assert other.exec_driver_sql("SELECT count(*) FROM things").scalar() == 1


def test_a_table_made_in_a_transaction_that_fails_is_gone(engine):
    with pytest.raises(ZeroDivisionError):
        half_way(engine)

    with engine.reading() as connection:
        assert engine.tables(connection) == ["things"]


def half_way(engine):
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
        raise ZeroDivisionError


def test_nothing_runs_outside_the_transaction(engine):
    with pytest.raises(Unavailable, match="disk is full"):
        go_on_after_a_rollback(engine)

    with engine.reading() as connection:
        assert engine.tables(connection) == ["things"]


def go_on_after_a_rollback(engine):
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        connection.connection.driver_connection.execute("ROLLBACK")
        connection.exec_driver_sql("CREATE TABLE alone (id INTEGER)")


def test_foreign_keys_are_off_while_changing(engine):
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        engine.require_ready(connection)
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0


def test_a_connection_with_foreign_keys_on_is_not_ready(engine):
    with engine.reading() as connection, pytest.raises(Refused, match="cascade"):
        engine.require_ready(connection)


def test_the_anchor_is_the_file_that_the_connection_is_on(engine, file, tmp_path):
    link = tmp_path / "link.sqlite3"
    link.symlink_to(file)

    with engine_for(url_of(link)).reading() as connection:
        anchor = engine.anchor(connection)

    facts = file.stat()
    assert anchor == {"path": str(file), "device": facts.st_dev, "inode": facts.st_ino}


def test_a_link_leads_to_the_same_place(engine, file, tmp_path):
    hard, soft = tmp_path / "hard.sqlite3", tmp_path / "soft.sqlite3"
    hard.hardlink_to(file)
    soft.symlink_to(file)

    assert engine.same_place(engine_for(url_of(hard)))
    assert engine.same_place(engine_for(url_of(soft)))
    assert not engine.same_place(engine_for(url_of(tmp_path / "other.sqlite3")))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX by_name ON things (name)",
        "CREATE INDEX some ON things (name) WHERE id > 5",
        "CREATE TABLE more (id INTEGER)",
        "CREATE VIEW seen AS SELECT * FROM things",
        "CREATE TRIGGER t AFTER DELETE ON things BEGIN SELECT 1; END",
        "ALTER TABLE things ADD COLUMN extra TEXT CHECK (extra <> '')",
    ],
)
def test_the_schema_digest_sees_what_autogenerate_misses(engine, file, statement):
    before = digest(engine)
    change_by_hand(file, statement)

    assert digest(engine) != before


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO things VALUES (1, 'a')", "CREATE TABLE portal_own (id INTEGER)", "ANALYZE"],
)
def test_the_schema_digest_leaves_out_rows_and_the_guards_own_tables(engine, file, statement):
    before = digest(engine)
    change_by_hand(file, statement)

    assert digest(engine) == before


def digest(engine):
    with engine.reading() as connection:
        return engine.schema_digest(connection)


def test_an_address_shows_no_secret_and_a_size(engine, file):
    assert engine.address == str(file)
    assert engine.size() >= file.stat().st_size
    assert engine.title.startswith("SQLite 3.")
