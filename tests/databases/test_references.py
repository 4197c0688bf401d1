"""Rows that refer to nothing are found as `PRAGMA foreign_key_check` finds them, whatever holds."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

from portal.core.configuration.settings import sqlite_url
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.sqlite.references import broken_references

PARENTS = (
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, code UNIQUE)",
    'CREATE TABLE parents (code UNIQUE, id INTEGER, "rowid" TEXT, PRIMARY KEY (id))',
    "CREATE TABLE parents (id INTEGER PRIMARY KEY DESC, code UNIQUE)",
    "CREATE TABLE parents (id INT PRIMARY KEY, code UNIQUE)",
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, code UNIQUE) WITHOUT ROWID",
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, code UNIQUE ON CONFLICT REPLACE)",
)
TYPES = ("INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "")
TARGETS = ("parents (id)", "parents", "PARENTS (ID)", "parents (code)")
VALUES = st.one_of(
    st.none(),
    st.integers(-2, 4),
    st.sampled_from([2**63 - 1, 1.0, 1.5, 9e15, "1", " 1 ", "1.0", "01", "1x", "", b"1", "é"]),
)


@pytest.fixture(scope="module")
def connection():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        connection.connection.driver_connection.isolation_level = None
        yield connection
    engine.dispose()


CHILDREN = st.lists(
    st.tuples(st.sampled_from(TYPES), st.sampled_from(TARGETS), st.lists(VALUES, max_size=3)),
    max_size=4,
)


@settings(deadline=None)
@given(st.sampled_from(PARENTS), st.sets(st.none() | st.integers(0, 3)), CHILDREN)
@example(PARENTS[3], {2, None}, [("INTEGER", "parents (id)", [1])] * 2)
def test_whatever_refers_to_whatever_is_found(connection, parents, ids, children):
    raw = connection.connection.driver_connection
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        raw.execute(f"DROP TABLE {name}")
    raw.execute(parents)
    raw.executemany(
        "INSERT OR IGNORE INTO parents (id, code) VALUES (?, ?)", [(each, each) for each in ids]
    )
    for number, (kind, target, values) in enumerate(children):
        raw.execute(f"CREATE TABLE child_{number} (at {kind} REFERENCES {target}, its)")
        insert = f"INSERT INTO child_{number} (at) VALUES (?)"
        raw.executemany(insert, [(each,) for each in values])
    expected = {row[0] for row in raw.execute("PRAGMA foreign_key_check")}
    assert broken_references(connection) == sorted(expected)


USUAL = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE "the ""rooms" (id INTEGER PRIMARY KEY, "the owner" INTEGER REFERENCES users,
    keeper INTEGER REFERENCES users (id));
CREATE TABLE pairs (a, b, PRIMARY KEY (a, b));
CREATE TABLE odd (a, b, owner REFERENCES users, FOREIGN KEY (a, b) REFERENCES pairs);
CREATE TABLE lost (id INTEGER REFERENCES nowhere);
CREATE TABLE fields (name TEXT, user INTEGER REFERENCES users);
CREATE INDEX some_fields ON fields (user) WHERE name IS NOT NULL;
INSERT INTO users VALUES (1, 'a'), (2, 'b');
INSERT INTO "the ""rooms" VALUES (1, 1, 2), (2, NULL, 1);
INSERT INTO fields VALUES (NULL, 1), ('x', 2);
"""


@pytest.fixture
def engine(tmp_path):
    file = tmp_path / "usual.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(USUAL)
    return engine_for(sqlite_url("usual", URL.create("sqlite", database=str(file))))


def asked_of(connection):
    heard = []
    event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
    return heard


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("", []),
        ('UPDATE "the ""rooms" SET "the owner" = 3 WHERE id = 2', ['the "rooms']),
        ("UPDATE fields SET user = 9 WHERE name IS NULL", ["fields"]),
        ("INSERT INTO odd VALUES (1, 1, 1)", ["odd"]),
        ("INSERT INTO odd VALUES (NULL, 1, 3)", ["odd"]),
        ("INSERT INTO lost VALUES (1)", ["lost"]),
        ("DELETE FROM users", ["fields", 'the "rooms']),
    ],
)
def test_a_table_is_proven_whole_or_asked_by_the_pragma(engine, sql, broken):
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        connection.exec_driver_sql(sql or "SELECT 1")
        heard = asked_of(connection)
        assert engine.broken_references(connection) == broken
        assert [each for each in heard if "fields" in each] == (
            ['PRAGMA main.foreign_key_check("fields")'] if "fields" in broken else []
        )
        assert not connection.exec_driver_sql("SELECT * FROM sqlite_temp_master").all()


def test_a_connection_that_may_create_nothing_asks_the_pragma_alone(engine):
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        connection.exec_driver_sql("DELETE FROM users WHERE id = 2")
    with engine.reading() as connection:
        heard = asked_of(connection)
        assert engine.broken_references(connection) == ["fields", 'the "rooms']
        assert len(heard) == 4


def test_a_temporary_table_of_that_name_is_left_alone(engine):
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE portal_ids_0 (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("DELETE FROM users WHERE id = 2")
        assert engine.broken_references(connection) == ["fields", 'the "rooms']
