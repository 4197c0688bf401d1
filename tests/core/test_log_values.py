"""No value of a statement or of a row is in a log, whatever fails and whoever logs it."""

import ast
import io
import logging
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from portal.core.logs.records import keep_secrets_out_of_logs
from portal.core.logs.setup import LogFormat, formatter
from portal.core.storage.database import UtcDateTime, db
from tests.house.tree import ROOT, tracked

MARK = "MarkedValue4711"
Cases = dict[str, tuple[sa.Executable, Any]]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler writes, and one with Python's own formatter."""
    keep_secrets_out_of_logs()
    stream, logger = io.StringIO(), logging.getLogger("tests.of.values")
    handlers = [logging.StreamHandler(stream) for _ in range(3)]
    handlers[1].setFormatter(formatter(LogFormat.TEXT))
    handlers[2].setFormatter(formatter(LogFormat.JSON))
    for each in handlers:
        logger.addHandler(each)
    logger.propagate = False
    yield stream
    for each in handlers:
        logger.removeHandler(each)
    logger.propagate = True


def log_all(error: Exception) -> None:
    """In each way that code of the product, or of a library, may log it."""
    logger = logging.getLogger("tests.of.values")
    logger.warning("It failed: %s", error)
    logger.warning("It failed: %s", getattr(error, "orig", error))
    logger.warning("It failed: %r", error)
    try:
        raise RuntimeError("what led to it") from error
    except RuntimeError:
        logger.exception("It failed")
    try:
        try:
            raise error
        finally:
            raise KeyError("while it was handled")
    except KeyError:
        logger.exception("It failed")
    try:
        raise ExceptionGroup("several", [error])
    except ExceptionGroup:
        logger.exception("It failed")


def fail(connection: sa.Connection, statement: sa.Executable, values: object) -> Exception:
    expected = pytest.raises((SQLAlchemyError, sqlite3.Error, ValueError))
    with expected as failed, connection.begin_nested():
        connection.execute(statement, values).all()
    return failed.value


MAKE = (
    "CREATE TABLE things (id integer PRIMARY KEY, name text UNIQUE CHECK (id <> 3),"
    " amount integer NOT NULL)"
)
INSERT = sa.text("INSERT INTO things (id, name, amount) VALUES (:id, :name, :amount)")
AT = sa.Table("things", sa.MetaData(), sa.Column("name", UtcDateTime))
CASES = {
    "a row is there": (INSERT, {"id": 1, "name": MARK, "amount": 1}),
    "a value is missing": (INSERT, {"id": 2, "name": MARK, "amount": None}),
    "no such table": (sa.text("SELECT * FROM absent WHERE name = :name"), {"name": MARK}),
    "no such column": (sa.text("SELECT absent FROM things WHERE name = :name"), {"name": MARK}),
    "of another type": (AT.insert(), {"name": MARK}),
    "many values": (INSERT, [{"id": n, "name": f"{MARK} {n}", "amount": None} for n in (7, 8)]),
}
ON_SQLITE = {
    "a word that is no query": (
        sa.text("SELECT * FROM words WHERE words MATCH :w"),
        {"w": f'"{MARK}'},
    ),
    "a column that is no column": (
        sa.text("SELECT * FROM words WHERE words MATCH :w"),
        {"w": f"{MARK}:x"},
    ),
    "bytes that are no text": (
        sa.text("SELECT CAST(:b AS text) AS t"),
        {"b": MARK.encode() + b"\xff"},
    ),
    "no JSON": (sa.text("SELECT json_extract(:j, '$.a')"), {"j": f"{{{MARK}"}),
}
ON_POSTGRESQL = {
    "no number": (sa.text("SELECT CAST(CAST(:n AS text) AS integer)"), {"n": MARK}),
    "no time": (sa.text("SELECT CAST(CAST(:n AS text) AS timestamp)"), {"n": MARK}),
    "no JSON": (sa.text("SELECT CAST(CAST(:n AS text) AS json)"), {"n": f"{{{MARK}"}),
    "a word that is no query": (sa.text("SELECT to_tsquery(:n)"), {"n": f"{MARK} & &"}),
    "a check fails": (INSERT, {"id": 3, "name": MARK, "amount": 1}),
}


def test_on_sqlite(written):
    """With an engine that lists its parameters, such as another application's."""
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE VIRTUAL TABLE words USING fts5(word)")
        assert_nothing_is_quoted(connection, CASES | ON_SQLITE, written)


def test_on_postgresql(written, postgres_url):
    with sa.create_engine(postgres_url, poolclass=sa.NullPool).connect() as connection:
        assert_nothing_is_quoted(connection, CASES | ON_POSTGRESQL, written)


def assert_nothing_is_quoted(connection: sa.Connection, cases: Cases, written: io.StringIO) -> None:
    connection.exec_driver_sql(MAKE)
    connection.execute(INSERT, {"id": 1, "name": "first", "amount": 1})
    for name, (statement, values) in cases.items():
        log_all(fail(connection, statement, values))
        text = written.getvalue()
        assert text.count("It failed") >= 18, name
        assert MARK.lower() not in text.lower().replace("-", ""), (name, text)
        written.seek(0)
        written.truncate()


def test_every_engine_hides_its_parameters():
    """For those who print an error without a log."""
    lacking = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in tracked("portal/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "create_engine"
        and "hide_parameters" not in {each.arg for each in node.keywords}
    ]
    assert lacking == []


def test_the_sessions_engines_hide_them_too(app):
    assert [each.hide_parameters for each in db.engines.values()] == [True, True]
