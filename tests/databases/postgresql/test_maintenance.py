"""Maintenance mode on PostgreSQL: the server refuses, whatever stands in front of a statement."""

import re
from contextlib import suppress

import pytest
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import load_settings
from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.databases.engines.copies import copier_for
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets import readiness
from tests.databases.postgresql.conftest import as_worker
from tests.databases.stage import OMAR
from tests.support.questions import asked_as_one_begins

LETTING_GO = [
    "SET TRANSACTION READ WRITE",
    "SET transaction_read_only = off",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "SET default_transaction_read_only = off",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "RESET ALL",
    "DISCARD ALL",
    "COMMIT",
    "ROLLBACK",
    "COMMIT; SET default_transaction_read_only = off; COMMIT; DELETE FROM reviews",
    "SAVEPOINT a",
    "ABORT",
    "COMMIT AND CHAIN",
    "/* c */ ROLLBACK AND CHAIN",
]
BEGINNING = ["BEGIN READ WRITE", "/* c */ START TRANSACTION READ WRITE", LETTING_GO[0]]
WRITES = [
    "/* c */ DELETE FROM reviews",
    "-- c\nDELETE FROM reviews",
    "WITH gone AS (DELETE FROM reviews RETURNING id) SELECT * FROM gone",
    "SELECT setval('reviews_id_seq', 5000)",
    "DO $$ BEGIN DELETE FROM reviews; END $$",
    "EXPLAIN ANALYZE DELETE FROM reviews",
    "SELECT * INTO copied FROM reviews",
    "SELECT id FROM reviews FOR UPDATE",
    "PREPARE x AS DELETE FROM reviews",
    "EXECUTE x",
    "TRUNCATE reviews",
    "COPY alembic_version FROM STDIN",
]


@pytest.fixture
def settings(tmp_path, database):
    """A site that serves production."""
    url = as_worker(database).render_as_string(hide_password=False)
    data = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    return load_settings(data | {"PORTAL_ENV": "production", "PRODUCTION_DATABASE_URL": url})


def test_the_engine_refuses_every_writer(consolidated, execute):
    begin_maintenance(consolidated, because="Moving house", by=OMAR)
    before = copier_for(consolidated.url).content()
    numbers = execute("SELECT last_value FROM reviews_id_seq")

    for first in (*LETTING_GO, *WRITES):
        for statements in ((first, *WRITES), (first, "COMMIT", WRITES[0], "COMMIT", WRITES[3])):
            with db.engine.connect() as connection:
                for statement in statements:
                    with suppress(Unavailable, DBAPIError):
                        connection.exec_driver_sql(statement)
                with suppress(DBAPIError):
                    connection.commit()
    for statement in (WRITES[0], WRITES[2], WRITES[3], LETTING_GO[0]):
        with db.engine.connect() as connection, pytest.raises(Unavailable, match="nothing was"):
            connection.exec_driver_sql(statement)

    assert copier_for(consolidated.url).content() == before
    assert execute("SELECT last_value FROM reviews_id_seq") == numbers
    assert execute("SELECT to_regclass('public.copied')") == [(None,)]
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM reviews").scalar() > 0


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "SERIALIZABLE", "AUTOCOMMIT"])
def test_a_transaction_that_a_statement_begins_is_held_as_well(consolidated, isolation):
    begin_maintenance(consolidated, because="Moving house", by=OMAR)
    before = copier_for(consolidated.url).content()

    for ending in ("COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "SAVEPOINT a"):
        for beginning in BEGINNING:
            with db.engine.connect().execution_options(isolation_level=isolation) as connection:
                for statement in (ending, beginning, WRITES[0], "COMMIT"):
                    with suppress(Unavailable, DBAPIError):
                        connection.exec_driver_sql(statement)
    assert copier_for(consolidated.url).content() == before
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        pipeline = connection.connection.driver_connection.pipeline()
        with pytest.raises(Unavailable), pipeline:
            connection.exec_driver_sql("COMMIT")
    with db.engine.connect() as connection:
        with connection.begin_nested() as savepoint:
            savepoint.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM reviews").scalar() > 0


def test_when_it_ends_the_same_connection_writes_again(consolidated):
    with db.engine.connect() as connection:
        begin_maintenance(consolidated, because="Moving house", by=OMAR)
        with pytest.raises(Unavailable):
            connection.exec_driver_sql("DELETE FROM reviews")
        connection.rollback()
        end_maintenance(consolidated, by=OMAR)

        assert connection.exec_driver_sql("DELETE FROM reviews").rowcount > 0
        connection.rollback()
        with connection.begin():
            shown = connection.exec_driver_sql("SHOW default_transaction_read_only")
            assert shown.scalar() == "off"


def test_what_was_begun_before_is_not_committed_afterwards(consolidated):
    before = copier_for(consolidated.url).content()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM review_responses")
        begin_maintenance(consolidated, because="Moving house", by=OMAR)
        with pytest.raises(Unavailable, match="nothing was saved"):
            connection.commit()

    assert copier_for(consolidated.url).content() == before


def test_each_page_waits_for_one_question(consolidated, execute):
    readiness.why_unfit()
    assert len(asked_as_one_begins()) == 1
    assert readiness.why_unfit() is None
    execute("ALTER TABLE portal_maintenance RENAME TO away")
    assert readiness.why_unfit() is None
    execute("ALTER TABLE away RENAME TO portal_maintenance")
    assert readiness.why_unfit() is None
    assert len(asked_as_one_begins()) == 1
    execute("DROP TRIGGER portal_guard ON alembic_version")
    for by_hand, why in (
        ("INSERT INTO alembic_version VALUES ('0001')", "at revision 0001, "),
        ("ALTER TABLE portal_identity DROP COLUMN signature", "identity .* can't be read"),
        ("DELETE FROM portal_identity", "says it is nothing"),
        ("DROP TABLE portal_identity", "has no identity"),
    ):
        execute(by_hand)
        assert re.search(why, readiness.why_unfit() or "")
