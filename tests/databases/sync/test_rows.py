"""Rows a batch at a time, whatever the key is; and a table that has none."""

import sqlite3

import pytest

from portal.core.errors import Refused
from portal.core.sqlite import Door
from portal.databases.engines import engine_for
from portal.databases.sync import rows
from portal.databases.sync.rows import batches, shape_of, write_back
from tests.support.databases import url_of

SCHEMA = """
CREATE TABLE pairs (a INTEGER, b TEXT, note VARCHAR(20), PRIMARY KEY (a, b), UNIQUE (note));
CREATE TABLE keyless (note TEXT NOT NULL);
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "AT_ONCE", 4)
    file = tmp_path / "rows.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.executescript(SCHEMA)
        for number in range(11):
            values = (number // 3, f"k{number % 3}", f"note {number}")
            connection.execute("INSERT INTO pairs VALUES (?, ?, ?)", values)
        connection.execute("INSERT INTO keyless VALUES ('x')")
    connection.close()
    return engine_for(url_of(file))


def test_every_row_comes_once_in_batches_though_rows_change_meanwhile(engine):
    seen = []
    with engine.changing(Door.SCRATCH) as connection:
        shape = shape_of(connection, "pairs")
        for batch in batches(connection, shape, ["note"]):
            assert len(batch) <= 4
            seen += [tuple(row) for row in batch]
            changed = [{"key_a": a, "key_b": b, "new_note": f"{note}!"} for a, b, note in batch]
            write_back(connection, shape, ["note"], changed)
        left = connection.exec_driver_sql("SELECT note FROM pairs WHERE note NOT LIKE '%!'")
        assert left.all() == []
    assert len(seen) == len({(a, b) for a, b, _ in seen}) == 11


def test_a_shape_tells_keys_lengths_and_what_is_unique(engine):
    with engine.reading() as connection:
        shape, other = shape_of(connection, "pairs"), shape_of(connection, "keyless")
    assert shape.keys == ["a", "b"]
    assert shape.unique == {"note"}
    assert (shape.longest("note"), shape.longest("a")) == (20, None)
    assert other.may_be_blank("note")
    assert not other.is_nullable("note")


def test_a_table_without_a_key_is_named(engine):
    with engine.reading() as connection:
        shape = shape_of(connection, "keyless")
        with pytest.raises(Refused, match="keyless has no key"):
            next(batches(connection, shape, ["note"]))
