"""What SQL does is told by a parser, and what it doesn't understand is never a read."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.databases.migrations.sql import ActionKind, Kind, RowScope, classify
from portal.databases.migrations.sql.tokens import parts_of
from tests.databases.sql_cases import BOTH, POSTGRESQL, SQLITE
from tests.support.trials import examples

CASES = {
    **{("sqlite", sql): said for sql, said in (BOTH | SQLITE).items()},
    **{("postgresql", sql): said for sql, said in (BOTH | POSTGRESQL).items()},
}
KINDS = {
    "read": {Kind.READ},
    "rows": {Kind.ROWS},
    "schema": {Kind.SCHEMA},
    "session": {Kind.SESSION},
    "transaction": {Kind.TRANSACTION},
    "effect": {Kind.EFFECT},
    "unknown": {Kind.UNKNOWN},
    "calls": {Kind.READ, Kind.EFFECT},
    "locks": {Kind.READ, Kind.TRANSACTION},
    "rows out": {Kind.ROWS, Kind.EFFECT},
    "rows schema": {Kind.ROWS, Kind.SCHEMA},
    "read out": {Kind.READ, Kind.EFFECT},
}


def test_there_are_enough_of_each():
    assert (
        min(sum(each == dialect for each, _ in CASES) for dialect in ("sqlite", "postgresql")) > 60
    )


def test_each_statement_is_of_its_kind():
    wrong = {
        (dialect, sql): sorted(classify(sql, dialect).kinds)
        for (dialect, sql), said in CASES.items()
        if classify(sql, dialect).kinds != KINDS[said]
    }
    assert wrong == {}


def test_what_is_said_to_be_a_read_is_one_to_sqlite():
    """Asked of the engine itself: it ran on a connection that refuses every write."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(
            "CREATE TABLE users (id integer primary key, name, note, motto);"
            "CREATE TABLE reviews (id integer primary key, user_id, name);"
            "CREATE TABLE t (a, b, id); PRAGMA query_only = ON"
        )
        for (dialect, sql), said in CASES.items():
            if (dialect, said) == ("sqlite", "read"):
                connection.execute(sql).fetchall()


def gaps(dialect):
    comments = ["/* drop table users; */", "-- delete from users\n", "/*'*/", "/**/", "--;\n"]
    nested = ["/* a /* ; */ b */"] if dialect == "postgresql" else ["/* a /* ; */"]
    return st.sampled_from([" ", "\n", "\t ", "\r\n", *comments, *nested])


@st.composite
def rewritten(draw):
    """A case with other spaces, comments and capitals between its tokens; what it was."""
    dialect, sql = draw(st.sampled_from(sorted(CASES)))
    between = gaps(dialect)
    text, end, source = "", 0, sql.removeprefix("\ufeff")
    tokens = [token for part in parts_of(source, dialect) for token in part.tokens]
    for token in tokens:
        gap = source[end : token.start]
        filled = draw(between) if gap.strip() or gap.isspace() else gap
        word = source[token.start : token.end + 1]
        text += filled + (
            draw(st.sampled_from([word, word.upper(), word.lower()])) if word.isalpha() else word
        )
        end = token.end + 1
    return dialect, sql, draw(between) + text + draw(between)


@settings(max_examples=examples(300), deadline=None)
@given(rewritten())
def test_spaces_comments_and_capitals_change_nothing(case):
    dialect, sql, other = case
    assert classify(other, dialect).kinds == classify(sql, dialect).kinds
    assert classify(other, dialect).actions == classify(sql, dialect).actions


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(["sqlite", "postgresql"]), st.data())
def test_statements_that_are_joined_do_all_of_it(dialect, data):
    known = sorted(sql for each, sql in CASES if each == dialect and not sql.startswith("\ufeff"))
    chosen = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))
    apart = [classify(sql, dialect) for sql in chosen]
    joined = classify("\n;".join(chosen), dialect)

    assert joined.kinds == frozenset().union(*(each.kinds for each in apart))
    assert joined.actions == tuple(action for each in apart for action in each.actions)
    assert joined.tables == frozenset().union(*(each.tables for each in apart))
    assert joined.unknown == tuple(text for each in apart for text in each.unknown)


@settings(max_examples=examples(300), deadline=None)
@given(st.text(max_size=60), st.sampled_from(["sqlite", "postgresql"]))
def test_no_text_breaks_it(text, dialect):
    classify(text, dialect)


@pytest.mark.timeout(20)
def test_what_is_too_long_to_be_understood_in_time_is_not_understood():
    many = " OR ".join(f"a = {number}" for number in range(200))
    long = "INSERT INTO t VALUES " + ",".join(f"({number}, 'x')" for number in range(20_000))
    [action] = classify(f"UPDATE t SET b = 1 WHERE {many}", "sqlite").actions or [None]

    assert action is None or action.where is RowScope.SOME
    assert classify(long, "sqlite").kinds == {Kind.UNKNOWN}
    assert classify(f"SELECT {'(' * 3000}1{')' * 3000}", "postgresql").kinds == {Kind.UNKNOWN}


@settings(max_examples=examples(200), deadline=None)
@given(st.text("abAB12 '\"`$[]();,.:?%-/*\n\r\\{}#=|", max_size=40), st.data())
def test_a_write_behind_anything_is_never_a_read(text, data):
    """As SQLite sees it: what it would run as a write on the table is not called a read."""
    write = data.draw(
        st.sampled_from(["DELETE FROM t", "UPDATE t SET a = 1", "INSERT INTO t VALUES (1)"])
    )
    sql = f"{text} {write}"
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("PRAGMA query_only = ON")
        try:
            connection.execute(sql)
        except (sqlite3.Error, ValueError) as error:
            if "readonly" in str(error):
                assert not classify(sql, "sqlite").is_read


def actions(sql, dialect="postgresql"):
    return [(each.kind, str(each.table), each.column) for each in classify(sql, dialect).actions]


def test_every_action_of_one_statement_is_reported():
    assert actions(
        "ALTER TABLE ONLY app.users ADD a int NOT NULL DEFAULT 0, ADD COLUMN b dec(8, 2) NOT NULL,"
        ' DROP COLUMN IF EXISTS c, ALTER "D" SET NOT NULL, ALTER e TYPE text USING e::text,'
        " ADD CONSTRAINT f CHECK (a > 0 AND b < 1), ADD CONSTRAINT g CHECK (a > 1) NOT VALID"
    ) == [
        (ActionKind.ADD_COLUMN, "app.users", "a"),
        (ActionKind.ADD_REQUIRED, "app.users", "b"),
        (ActionKind.DROP_COLUMN, "app.users", "c"),
        (ActionKind.REQUIRE, "app.users", "D"),
        (ActionKind.RETYPE, "app.users", "e"),
        (ActionKind.CONSTRAIN, "app.users", None),
        (ActionKind.CONSTRAIN, "app.users", None),
    ]
    assert [
        each.waits
        for each in classify("ALTER TABLE t ADD CHECK (a) NOT VALID", "postgresql").actions
    ] == [False]
    assert actions('DROP TABLE IF EXISTS a, public.B, "C" CASCADE') == [
        (ActionKind.DROP_TABLE, name, None) for name in ("a", "public.b", "C")
    ]
    assert actions("TRUNCATE a, ONLY b RESTART IDENTITY CASCADE") == [
        (ActionKind.TRUNCATE, name, None) for name in "ab"
    ]
    several = (
        "WITH x AS (DELETE FROM a RETURNING 1), y AS (UPDATE b SET c = 1) INSERT INTO d TABLE x"
    )
    assert set(actions(several)) == {
        (ActionKind.DELETE, "a", None),
        (ActionKind.UPDATE, "b", None),
        (ActionKind.INSERT, "d", None),
    }


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ("", RowScope.ABSENT),
        ("WHERE true", RowScope.ALWAYS),
        ("WHERE 1 = 1", RowScope.ALWAYS),
        ("WHERE (1=1) AND NOT (2 < 1)", RowScope.ALWAYS),
        ("WHERE id = id", RowScope.ALWAYS),
        ("WHERE t.id >= t.id", RowScope.ALWAYS),
        ("WHERE id = 5 OR 'a' = 'a'", RowScope.ALWAYS),
        ("WHERE EXISTS (SELECT 1)", RowScope.ALWAYS),
        ("WHERE id IN (SELECT id FROM t)", RowScope.ALWAYS),
        ("WHERE id IS NOT NULL", RowScope.NOT_NULL),
        ("WHERE NOT id IS NULL AND 1=1", RowScope.NOT_NULL),
        ("WHERE id IS NOT NULL AND a = 1", RowScope.SOME),
        ("WHERE id = a", RowScope.SOME),
        ("WHERE id IN (SELECT id FROM t WHERE a = 1)", RowScope.SOME),
        ("WHERE id IN (SELECT id FROM u)", RowScope.SOME),
        ("WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)", RowScope.SOME),
        ("WHERE false", RowScope.SOME),
    ],
)
def test_how_far_a_condition_reaches(dialect, condition, where):
    for statement in ("DELETE FROM t", "UPDATE t SET a = 'WHERE id = 1'"):
        [action] = classify(f"{statement} {condition}", dialect).actions
        assert action.where is where


@pytest.mark.parametrize(
    ("dialect", "made"),
    [("sqlite", "CREATE TABLE trigger (a)"), ("postgresql", "CREATE TABLE x (begin atomic)")],
)
def test_a_name_that_looks_like_a_body_hides_no_statement(dialect, made):
    told = classify(f"{made}; DELETE FROM users; SELECT 1", dialect)

    assert [each.kind for each in told.actions] == [ActionKind.CREATE_TABLE, ActionKind.DELETE]


def test_tables_are_named_with_their_schema_and_without_the_names_of_the_statement_itself():
    sql = 'WITH x AS (SELECT * FROM app."Users") SELECT * FROM x JOIN reviews USING (id)'
    assert {str(each) for each in classify(sql, "postgresql").tables} == {"app.Users", "reviews"}


PROGRAM = """
import contextlib, sys
import portal.databases.migrations.lint, portal.databases.changes.rehearsal
import portal.databases.tasks.changes
from flask.cli import main
from portal.app import create_app

create_app().test_client().get("/ops/login")
assert "sqlglot" not in sys.modules, "a web process"
sys.argv = ["flask", "--help"]
with contextlib.suppress(SystemExit):
    main()
assert "sqlglot" not in sys.modules, "flask --help"
"""


def test_no_process_that_serves_pages_loads_the_parser(tmp_path):
    env = {"PORTAL_DATA": str(tmp_path), "SECRET_KEY": "only for tests", "PYTHONPATH": "."}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()
