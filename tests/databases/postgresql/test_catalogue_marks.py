"""What pages keep of a server's catalogue is dropped by every change of a schema or of rights."""

import pytest

from portal.core.page import begin_page, end_page
from portal.databases.engines.postgresql.catalog import page
from portal.databases.engines.postgresql.engine import PostgresqlEngine
from tests.support.postgres import postgres_server, postgres_url, running_server
from tests.support.waiting import wait_until

__all__ = ["postgres_server", "postgres_url"]

#: Each changes the schema, or who may do what in it.
CHANGES = (
    "CREATE TABLE rooms (id serial PRIMARY KEY, name text DEFAULT 'a', size int)",
    "ALTER TABLE rooms ALTER COLUMN name SET DEFAULT 'b'",
    "ALTER TABLE rooms ALTER COLUMN size SET NOT NULL",
    "ALTER TABLE rooms ALTER COLUMN size TYPE bigint",
    "ALTER TABLE rooms RENAME COLUMN size TO area",
    "ALTER TABLE rooms DROP COLUMN area",
    "COMMENT ON COLUMN rooms.name IS 'shown'",
    "ALTER TABLE rooms ADD CONSTRAINT named CHECK (name <> '')",
    "ALTER TABLE rooms DROP CONSTRAINT named",
    "CREATE INDEX by_name ON rooms (name)",
    "DROP INDEX by_name",
    "CREATE VIEW named_rooms AS SELECT name FROM rooms",
    "CREATE OR REPLACE VIEW named_rooms AS SELECT name FROM rooms WHERE name <> ''",
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    "CREATE FUNCTION done() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TYPE mood AS ENUM ('calm')",
    "ALTER TYPE mood ADD VALUE 'loud'",
    "CREATE SEQUENCE counted",
    "ALTER SEQUENCE counted INCREMENT 2",
    "ALTER TABLE rooms ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY everybody ON rooms USING (true)",
    "ALTER POLICY everybody ON rooms USING (false)",
    "DROP POLICY everybody ON rooms",
    "GRANT SELECT ON rooms TO marked_reader",
    "REVOKE SELECT ON rooms FROM marked_reader",
    "GRANT pg_read_all_data TO marked_reader",
    "ALTER ROLE marked_reader BYPASSRLS",
    "ALTER TABLE rooms OWNER TO marked_reader",
    "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO marked_reader",
    "CREATE TRIGGER kept BEFORE UPDATE ON rooms EXECUTE FUNCTION done()",
    "ALTER TABLE rooms DISABLE TRIGGER kept",
    "DROP TRIGGER kept ON rooms",
    "CREATE STATISTICS pairs ON id, name FROM rooms",
    "CREATE SCHEMA more",
    "ALTER TABLE rooms SET SCHEMA more",
    "DROP TABLE more.rooms CASCADE",
)


@pytest.fixture
def target(postgres_url):
    """The engine, what a page asks of it, and a session of the owner."""

    def asked():
        begin_page("GET")
        try:
            with engine.reading() as connection:
                return engine.schema_objects(connection), engine.tables(connection)
        finally:
            end_page()

    engine = PostgresqlEngine(postgres_url)
    with running_server().connect(postgres_url.database) as owner:
        owner.execute("CREATE ROLE marked_reader NOLOGIN; CREATE TABLE one (id int)")
        try:
            yield engine, asked, owner
        finally:
            if not owner.closed:
                owner.execute("DROP OWNED BY marked_reader CASCADE")
    with running_server().connect() as server:
        server.execute("DROP ROLE marked_reader")


def test_a_page_sees_every_change_of_the_schema_and_of_rights(target):
    engine, asked, owner = target
    asked()
    for change in CHANGES:
        owner.execute(change)
        seen = asked()
        with engine.reading() as connection:  # nothing is cached outside of a page
            now = engine.schema_objects(connection), engine.tables(connection)
        assert seen == now, change


def test_a_second_page_asks_the_catalogue_nothing(target, monkeypatch):
    _, asked, _ = target
    first = asked()
    monkeypatch.setattr(
        "portal.databases.engines.postgresql.catalog.catalog._read_objects",
        lambda *_: pytest.fail("asked again"),
    )
    assert asked() == first


def test_a_page_reads_the_database_that_has_the_name_now(target):
    """As a restore swaps them: connections that earlier pages used are ended."""
    engine, asked, owner = target
    name = engine.url.database
    assert set(asked()[1]) == {"one"}
    owner.execute("DROP OWNED BY marked_reader CASCADE")
    owner.close()
    with running_server().connect() as server:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        server.execute(others, (name,))
        server.execute(f"ALTER DATABASE {name} RENAME TO {name}_old")
        server.execute(f"CREATE DATABASE {name}")
        try:
            assert set(asked()[1]) == set()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"ALTER DATABASE {name}_old RENAME TO {name}")


def test_a_database_that_sixteen_others_pushed_out_has_no_connection_left(target):
    """Closed at once: what is collected later is closed in the middle of something else."""
    _, asked, owner = target
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    asked()
    assert owner.execute(others).fetchone() > (1,)
    page._reader.cache_clear()
    wait_until(lambda: owner.execute(others).fetchone() == (1,), within=20)
