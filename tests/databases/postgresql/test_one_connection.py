"""A page's connection to a server's database: left as soon as the server ended it, or it failed."""

import pytest
from sqlalchemy.exc import ProgrammingError

from portal.core.page import begin_page, end_page
from portal.databases.engines import engine_for
from portal.databases.targets.identity import IdentityState, judge
from tests.databases.postgresql.conftest import WORKER, superuser


@pytest.fixture
def page():
    begin_page("GET")
    yield
    end_page()


def pid_of(target):
    with engine_for(target.url).reading() as connection:
        return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()


def test_a_session_that_the_server_ended_is_not_used_again(production, page):
    first = pid_of(production)
    assert pid_of(production) == first
    superuser(f"SELECT pg_terminate_backend({first}, 5000)")
    assert engine_for(production.url).exists()
    assert pid_of(production) != first


def test_a_page_sees_a_database_that_was_dropped_and_made_anew(production):
    name = production.url.database
    engine = engine_for(production.url)

    def shown():
        begin_page("GET")
        try:
            if not engine.exists():
                return judge(production).state, None
            with engine.reading() as connection:
                return judge(production).state, engine.tables(connection)
        finally:
            end_page()

    standing, tables = shown()
    assert standing is IdentityState.FITS
    assert "studios" in tables
    superuser(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert shown() == (IdentityState.MISSING, None)
    superuser(f'CREATE DATABASE "{name}" OWNER {WORKER}')
    assert shown() == (IdentityState.UNKNOWN, [])


def test_a_transaction_that_failed_is_not_used_again(production, page):
    engine = engine_for(production.url)

    def began_at():
        with engine.reading() as connection:
            return connection.exec_driver_sql("SELECT transaction_timestamp()").scalar_one()

    first = began_at()
    assert began_at() == first
    with engine.reading() as connection, pytest.raises(ProgrammingError):
        connection.exec_driver_sql("SELECT * FROM nothing")
    assert began_at() > first
