"""A page's connection to a server's database: left as soon as the server ended it, or it failed."""

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import ProgrammingError

from portal.core.page import begin_page, end_page
from portal.databases.engines import engine_for
from portal.databases.policies.target_leases import place_of
from portal.databases.targets.identity import IdentityState, judge
from tests.databases.postgresql.conftest import WORKER, superuser
from tests.support.waiting import wait_until


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


def test_a_page_sees_a_database_that_was_dropped_and_recreated(production):
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


def shown(target):
    """State and revision as a page shows them, and how many statements it asked the server."""
    asked = []

    def note(connection, _cursor, text, *_more):
        if connection.dialect.name == "postgresql":
            asked.append(text)

    begin_page("GET")
    event.listen(Engine, "before_cursor_execute", note)
    try:
        judgement = judge(target)
        with engine_for(target.url).reading() as connection:
            engine_for(target.url).schema_digest(connection)
            return judgement.state, judgement.revision, len(asked)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        end_page()


MAY = "SELECT set_config('portal.guarded', pg_current_xact_id()::text, true)"


def test_a_page_asks_one_statement_and_sees_what_is_there_now(production, execute):
    """Label and revision are rows: the catalogue's marks say nothing of them."""
    shown(production)
    state, _, asked = shown(production)
    assert (state, asked) == (IdentityState.FITS, 1)
    execute("BEGIN", MAY, "UPDATE alembic_version SET version_num = 'other'", "COMMIT")
    assert shown(production) == (IdentityState.FITS, "other", 1)
    execute("UPDATE portal_identity SET environment = 'development'")
    assert shown(production)[0] is IdentityState.FORGED
    execute("INSERT INTO portal_identity SELECT 'a', 'b', 'c', 'd', 'e'")
    assert shown(production)[0] is IdentityState.FORGED
    execute("DROP TABLE portal_identity")
    assert shown(production)[0] is IdentityState.UNLABELLED


def test_a_label_that_is_no_text_is_read_as_a_change_reads_it(production, execute):
    """A time that was cast by hand would look like the signed text, if it came as one."""
    shown(production)
    kind = "ALTER stamped_at TYPE timestamptz USING stamped_at::timestamptz"
    execute(f"ALTER TABLE portal_identity {kind}")
    first, again = shown(production), shown(production)
    assert first[0] is again[0] is judge(production).state is IdentityState.FORGED


def test_a_process_leaves_a_session_only_where_it_holds_a_lease(production, database):
    """A change is refused beside sessions of processes that are not known to live."""

    def sessions():
        found = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
        return superuser(found)[0][0]

    def all_end():
        wait_until(lambda: sessions() == 0)  # a server notices a closed session a moment later

    place = place_of(production)
    place.make()
    all_end()
    place.read()
    all_end()
    place.stay_connected()
    place.read()
    place.read()
    assert sessions() == 1
    place.disconnect()
    place.read()
    all_end()
