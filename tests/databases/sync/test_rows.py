"""Rows on their way: each once, whatever the key is, and whatever the tables do by themselves."""

import sqlite3

import pytest

from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.transfer import transfer_for
from portal.databases.sync.batches import ForeignKeyTarget, shape_of
from tests.support.databases import url_of

SCHEMA = """
CREATE TABLE pairs (a INTEGER, b TEXT, note VARCHAR(20), twice AS (note || note),
    PRIMARY KEY (a, b), UNIQUE (note));
CREATE TABLE keyless (note TEXT NOT NULL, pair INTEGER REFERENCES pairs (a));
"""
LOSES = "CREATE TRIGGER loses AFTER INSERT ON keyless BEGIN DELETE FROM pairs; END"


@pytest.fixture
def database(tmp_path):
    file = tmp_path / "rows.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.executescript(SCHEMA)
        for number in range(11):
            values = (number // 3, f"k{number % 3}", f"note {number}")
            connection.execute("INSERT INTO pairs (a, b, note) VALUES (?, ?, ?)", values)
        connection.execute("INSERT INTO keyless VALUES (CAST(X'4afc7267' AS TEXT), NULL)")
        connection.execute(LOSES)
    connection.close()
    return url_of(file)


def read(url, table, columns):
    with engine_for(url).reading() as connection:
        found = list(transfer_for(url).rows(connection, table, columns, size=4))
    assert all(len(each) <= 4 for each in found)
    return [row for some in found for row in some]


def test_every_row_comes_once_in_batches_and_texts_as_they_are(database):
    assert len(set(read(database, "pairs", ["a", "b"]))) == 11
    assert read(database, "keyless", ["note"]) == [("J\udcfcrg",)]


def test_existing_rows_go_and_triggers_keep_out_of_the_way(database):
    engine, transfer = engine_for(database), transfer_for(database)
    with engine.changing(SchemaAccess.SYNC) as connection:
        before = engine.schema_digest(connection)
        with transfer.loading(connection, ["pairs", "keyless"]):
            transfer.load(connection, "pairs", ["a", "b", "note"], iter([(1, "x", "y")]))
            transfer.load(connection, "keyless", ["note"], iter([("z",)]))
        assert engine.schema_digest(connection) == before
    assert read(database, "pairs", ["note", "twice"]) == [("y", "yy")]
    assert read(database, "keyless", ["note"]) == [("z",)]


def test_a_snapshot_stays_the_same_while_somebody_writes(database, tmp_path):
    transfer, folder = transfer_for(database), tmp_path / "scratch"
    folder.mkdir()
    with transfer.still(folder) as connection:
        with engine_for(database).changing(SchemaAccess.SYNC) as writer:
            writer.exec_driver_sql("DELETE FROM pairs")
        assert len(next(transfer.rows(connection, "pairs", ["a"], size=99))) == 11
        assert [each.stat().st_mode & 0o777 for each in folder.iterdir()] == [0o600]
    assert list(folder.iterdir()) == []


def test_a_shape_tells_keys_lengths_and_what_is_unique(database):
    with engine_for(database).reading() as connection:
        shape, other = shape_of(connection, "pairs"), shape_of(connection, "keyless")
    assert shape.keys == ["a", "b"]
    assert shape.unique == {"note"}
    assert (shape.longest("note"), shape.longest("a")) == (20, None)
    assert not shape.is_written("twice")
    assert other.may_be_blank("note")
    assert not other.is_nullable("note")
    assert other.refers == {"pair": ForeignKeyTarget(None, "pairs", "a")}
