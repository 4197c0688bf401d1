"""What is said to be a read is one to PostgreSQL, asked in transactions that refuse every write."""

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import NullPool, create_engine

from portal.databases.migrations.sql import Kind, classify
from portal.databases.migrations.statements import each_statement
from tests.databases.sql_cases import BOTH, POSTGRESQL
from tests.support.postgres import running_server
from tests.support.trials import examples

TABLES = (
    "CREATE TABLE users (id int, name text)",
    "CREATE TABLE reviews (id int, user_id int, name text)",
    "CREATE TABLE t (a text, b jsonb, id int)",
    "SET default_transaction_read_only = on",
)
WRITES = ["DELETE FROM t", "UPDATE t SET a = 1", "INSERT INTO t VALUES ('1')", "TRUNCATE t"]


@pytest.fixture(scope="module")
def session():
    server = running_server()
    with server.database() as url, server.connect(url.database) as connection:
        for each in TABLES:
            connection.execute(each)
        yield connection


def test_a_session_that_reads_strings_otherwise_is_not_understood():
    """Where backslashes escape, the string ends elsewhere and hides what follows it."""
    heard = []
    with running_server().database() as url:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("SET standard_conforming_strings = off")
            with each_statement(connection, lambda text, told: heard.append(told.kinds)):
                connection.exec_driver_sql(r"SELECT '\'; --'")
                connection.exec_driver_sql("SELECT 'plain'")
    assert heard == [{Kind.UNKNOWN}]


def refused_as_a_write(session: psycopg.Connection, sql: str) -> bool:
    try:
        session.execute(sql.encode())
    except psycopg.errors.ReadOnlySqlTransaction:
        return True
    except (psycopg.Error, UnicodeError, ValueError):
        pass
    session.execute("ROLLBACK")
    return False


def test_the_reads_of_the_table_run(session):
    for sql, said in (BOTH | POSTGRESQL).items():
        if said == "read" and "%(" not in sql and not sql.startswith(("\ufeff", "COPY")):
            session.execute(sql.encode())


@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.text("abeEU12 '\"$&[]();,.:?%-/*\n\r\\{}#=|", max_size=30),
    st.sampled_from(WRITES),
    st.text(" '\"$;-/*\n\r)", max_size=8),
)
@example("SELECT 1 -- \r;", "DELETE FROM t", "")
@example("SELECT '\\';", "DELETE FROM t", "--'")
@example("SELECT 1 /* /* */ ; */;", "DELETE FROM t", "")
@example("SELECT $a$ $$;$a$;", "DELETE FROM t", "--$$")
@example("EXPLAIN (ANALYZE)", "DELETE FROM t", "")
@example("EXPLAIN (ANALYZE false, ANALYZE)", "DELETE FROM t", "")
@example("WITH x AS (", "DELETE FROM t", ") SELECT 1")
def test_a_write_behind_anything_is_never_a_read(session, before, write, after):
    sql = f"{before} {write}{after}"
    if refused_as_a_write(session, sql):
        assert not classify(sql, "postgresql").is_read
