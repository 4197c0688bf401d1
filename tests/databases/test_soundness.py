"""A change leaves no row that refers to nothing; what was broken before is no reason to stop it."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_url
from portal.core.errors import Refused
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.migrations.invariants.measure import left_sound

TABLES = """
CREATE TABLE parents (id INTEGER PRIMARY KEY);
CREATE TABLE broken (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
CREATE TABLE whole (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
INSERT INTO parents VALUES (1);
INSERT INTO broken VALUES (1, 99);
INSERT INTO whole VALUES (1, 1);
"""


@pytest.fixture(params=["WAL", "DELETE"])
def engine(request, tmp_path):
    """With a row from long ago that refers to nothing, in both ways in which a file is written."""
    file = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode = {request.param}")
        connection.executescript(TABLES)
    return engine_for(sqlite_url("old", URL.create("sqlite", database=str(file))))


def test_what_was_broken_before_does_not_stop_a_change(engine):
    with engine.changing(SchemaAccess.SCRATCH) as connection, left_sound(connection):
        connection.exec_driver_sql("INSERT INTO parents VALUES (2)")

    with engine.reading() as connection:
        assert engine.count_rows(connection)["parents"] == 2


def test_what_a_change_breaks_undoes_it(engine):
    with (
        pytest.raises(Refused, match="Rows of whole would refer to nothing"),
        engine.changing(SchemaAccess.SCRATCH) as connection,
        left_sound(connection),
    ):
        connection.exec_driver_sql("DELETE FROM parents")

    with engine.reading() as connection:
        assert engine.count_rows(connection)["parents"] == 1
