"""Questions of revisions, several in one statement: each is answered as if it were asked alone."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from portal.databases.migrations.invariants.answers import answers
from portal.databases.migrations.sql import together

TABLES = """
CREATE TABLE rooms (id INTEGER PRIMARY KEY, owner INTEGER, name TEXT, is_open BOOLEAN, rate);
CREATE TABLE owners (id INTEGER PRIMARY KEY, email TEXT);
"""
VALUES = (
    *("count(*)", "count(name)", "count(DISTINCT owner)", "count(NULLIF(name, ''))"),
    *("sum(length(name))", "coalesce(sum(length(name)), 0)", "sum(rate)", "max(name)"),
    "count(*) || '/' || coalesce(sum((r.id % 9973 + 1) * (owner % 9967 + 1)), 0)",
    "count(name) + 2 * sum(r.id % 7)",
)
SOURCES = (
    *("rooms AS r", "rooms r", "rooms AS r JOIN owners AS o ON o.id = r.owner"),
    *("rooms AS r LEFT JOIN owners AS o ON o.id = r.owner", "rooms AS r, owners AS o"),
)
CONDITIONS = (
    *("", "is_open", "NOT is_open AND name = 'a, b'", "owner IS NULL", "name IS NOT NULL"),
    *("rate > 1 OR owner = 1", "EXISTS (SELECT 1 FROM owners AS p WHERE p.id = r.owner)"),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, 1, 2, 3, 10_000]),
        st.sampled_from([None, "", "a", "a, b", "é (", "7"]),
        st.sampled_from([None, False, True]),
        st.sampled_from([None, 0, 1, 2.5, "x", 1e16]),
    ),
    max_size=7,
)


@st.composite
def questions(draw):
    chosen = draw(
        st.lists(
            st.tuples(*(st.sampled_from(each) for each in (VALUES, SOURCES, CONDITIONS))),
            min_size=2,
            max_size=9,
        )
    )
    return [
        f"SELECT {value} FROM {source}" + (f" WHERE {condition}" if condition else "")
        for value, source, condition in chosen
    ]


@pytest.fixture(scope="module")
def connection():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO owners VALUES (1, 'a'), (2, NULL)")
        yield connection
    engine.dispose()


@settings(deadline=None)
@given(ROWS, questions())
@example([(1, "a", True, 1)], ["SELECT count(*) FROM rooms r", "SELECT count(name) FROM rooms r"])
def test_each_is_answered_as_if_it_were_asked_alone(connection, rows, asked):
    connection.exec_driver_sql("DELETE FROM rooms")
    for row in rows:
        insert = "INSERT INTO rooms (owner, name, is_open, rate) VALUES (?, ?, ?, ?)"
        connection.exec_driver_sql(insert, row)
    alone = {sql: str(connection.exec_driver_sql(sql).scalar()) for sql in asked}
    assert answers(connection, [("about it", sql) for sql in asked]) == alone


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_few_statements_ask_all_of_it(dialect):
    asked = [
        "SELECT count(*) FROM rooms",
        "SELECT count(*) FROM owners",
        "SELECT coalesce(sum(length(name)), 0) FROM rooms WHERE name <> 'a'",
        "SELECT count(email) FROM owners",
    ]
    assert [each.asked for each in together(asked, dialect)] == [(0, 2), (1, 3)]
    assert together(asked, dialect)[0].sql == (
        "SELECT count(*), coalesce(sum(length(name)) FILTER (WHERE name <> 'a'), 0) FROM rooms"
    )


@pytest.mark.parametrize(
    "other",
    [
        "SELECT count(*) FROM rooms -- all of them",
        "SELECT count(*) FROM rooms /* all",
        "SELECT count(*) FROM rooms WHERE name = '\\'",
        "SELECT count(*) FROM rooms; SELECT 1",
        "SELECT sum(rate) FROM rooms",
        "SELECT sum(length(name) * rate) FROM rooms",
        "SELECT sum(DISTINCT length(name)) FROM rooms",
        "SELECT avg(id % 7) FROM rooms",
        "SELECT count(*), 1 FROM rooms",
        "SELECT count(*) AS n FROM rooms",
        "SELECT count(*) + owner FROM rooms",
        "SELECT count(*) FROM rooms GROUP BY owner",
        "SELECT count(*) FROM rooms HAVING count(*) > 1",
        "SELECT count(*) FROM rooms LIMIT 1",
        "SELECT DISTINCT count(*) FROM rooms",
        "SELECT ALL count(*) FROM rooms",
        "SELECT count(*) OVER () FROM rooms",
        "SELECT count(*) FILTER (WHERE is_open) FROM rooms",
        "SELECT count(*) FROM rooms WHERE owner IN (SELECT id FROM owners)",
        "SELECT (SELECT count(*) FROM owners) FROM rooms",
        "SELECT count(*) FROM (SELECT id FROM rooms) AS r",
        "SELECT count(*) FROM rooms UNION SELECT 2",
        "WITH r AS (SELECT 1) SELECT count(*) FROM rooms",
        "SELECT count(*) FROM generate_series(1, 3)",
        "SELECT count(own_function(id)) FROM rooms",
        "DELETE FROM rooms",
        "not SQL at all",
        "SELECT",
        "",
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_is_not_proven_to_be_the_same_is_asked_alone(other, dialect):
    asked = ["SELECT count(*) FROM rooms", other, "SELECT count(name) FROM rooms"]
    found = together(asked, dialect)
    assert [each.sql for each in found if 1 in each.asked] == [other]
    assert [each.asked for each in found] == [(0, 2), (1,)]


def test_conditions_that_join_tables_are_not_taken_out_of_them():
    """As a FILTER they would leave every row of one beside every row of the other."""
    joined = [
        "SELECT count(*) FROM rooms AS r, owners AS o WHERE o.id = r.owner",
        "SELECT count(*) FROM rooms AS r, owners AS o WHERE o.id = r.id",
    ]
    assert [each.asked for each in together(joined, "sqlite")] == [(0,), (1,)]
    same = [joined[0], joined[0].replace("count(*)", "count(name)")]
    assert [each.asked for each in together(same, "sqlite")] == [(0, 1)]


def test_the_one_that_fails_says_so_itself(connection):
    asked = [("rooms", "SELECT count(*) FROM rooms"), ("wrong", "SELECT count(gone) FROM rooms")]
    with pytest.raises(DBAPIError, match="no such column: gone") as raised:
        answers(connection, asked)
    assert raised.value.statement == asked[1][1]


def test_the_same_question_is_asked_once_and_what_is_known_not_at_all(connection):
    heard = []
    event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
    users = "SELECT count(*) FROM owners"
    found = answers(
        connection, [("a", users), ("b", users), ("c", "SELECT 1")], known={"SELECT 1": "7"}
    )
    assert (heard, found) == ([users], {users: "2", "SELECT 1": "7"})


def test_a_sum_too_large_is_as_wrong_as_alone():
    with closing(sqlite3.connect(":memory:")) as raw:
        big = "SELECT sum(length(name) + 9223372036854775000) FROM rooms"
        raw.executescript(TABLES + "INSERT INTO rooms (name) VALUES ('ab'), ('cd')")
        [joint] = together([big, "SELECT count(*) FROM rooms"], "sqlite")
        with pytest.raises(sqlite3.DatabaseError, match="overflow"):
            raw.execute(big).fetchone()
        with pytest.raises(sqlite3.DatabaseError, match="overflow"):
            raw.execute(joint.sql).fetchone()
