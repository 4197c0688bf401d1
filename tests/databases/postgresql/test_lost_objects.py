"""What a revision on PostgreSQL takes along unnamed, by CASCADE and by rewriting columns."""

import pytest

from portal.databases.engines import engine_for
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER
from tests.databases.revising import EXPAND, write_revision

OBJECTS = (
    f"SET ROLE {WORKER}",
    (
        "CREATE TABLE halls (id int PRIMARY KEY, a int, b int, city text COLLATE \"C\" DEFAULT 'x',"
        " CONSTRAINT uq_ab UNIQUE (a, b), CONSTRAINT ck_city CHECK (city <> ''))"
    ),
    "CREATE TABLE seats (id serial PRIMARY KEY, hall int CONSTRAINT fk_hall REFERENCES halls (id))",
    "CREATE INDEX ix_part ON halls (a) WHERE b > 0",
    "CREATE VIEW hall_names AS SELECT id, a AS town FROM halls",
    "CREATE VIEW more_names AS SELECT id FROM hall_names",
    "CREATE VIEW all_seats AS SELECT s.id, h.a FROM seats AS s JOIN halls AS h ON h.id = hall",
    "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER tr_noted BEFORE UPDATE ON seats FOR EACH ROW EXECUTE FUNCTION noted()",
    "CREATE TRIGGER noted BEFORE INSERT ON seats FOR EACH ROW EXECUTE FUNCTION noted()",
    "CREATE TRIGGER tr_noted BEFORE UPDATE ON halls FOR EACH ROW EXECUTE FUNCTION noted()",
    "CREATE RULE quiet AS ON DELETE TO seats DO INSTEAD NOTHING",
    "CREATE RULE quiet AS ON DELETE TO halls DO INSTEAD NOTHING",
    "CREATE POLICY mine ON seats USING (hall > 0)",
    "CREATE POLICY mine ON halls USING (id > 0)",
    "ALTER TABLE seats ENABLE ROW LEVEL SECURITY",
    "COMMENT ON COLUMN seats.hall IS 'the hall'",
    "CREATE STATISTICS st_ab ON a, b FROM halls",
    "ALTER TABLE halls ADD COLUMN counted serial",
    "CREATE TABLE plain (id serial PRIMARY KEY, other int GENERATED ALWAYS AS IDENTITY)",
    "INSERT INTO plain DEFAULT VALUES",
    "CREATE SEQUENCE tickets_seq",
    "SELECT nextval('tickets_seq') FROM generate_series(1, 20)",
)
UPGRADE = """
op.execute('DROP TABLE plain')
op.execute('ALTER TABLE halls DROP COLUMN counted')
op.execute('DROP TRIGGER tr_noted ON halls')
op.execute('CREATE OR REPLACE RULE quiet AS ON DELETE TO halls DO INSTEAD SELECT 1')
op.get_bind().connection.driver_connection.execute('DROP RULE quiet ON seats')
op.get_bind().connection.driver_connection.execute('DROP POLICY mine ON halls')
op.execute('DROP FUNCTION noted() CASCADE')
op.execute('ALTER TABLE halls ALTER COLUMN city TYPE varchar(80)')
op.execute('ALTER TABLE halls DROP COLUMN b')
op.execute('ALTER TABLE halls DROP CONSTRAINT halls_pkey CASCADE')
op.execute('DROP VIEW hall_names CASCADE')
op.execute('ALTER TABLE seats RENAME COLUMN hall TO room')
op.execute('ALTER TABLE seats RENAME TO places')
op.execute('DROP POLICY mine ON places')
op.get_bind().connection.driver_connection.execute("SELECT setval('tickets_seq', 5)")
op.get_bind().connection.driver_connection.execute(
    'ALTER TABLE places DISABLE ROW LEVEL SECURITY')
"""
LOST = {
    "Trigger tr_noted on seats goes.",
    "Rule quiet on seats goes.",
    "Policy mine on halls goes.",
    "Trigger noted on seats goes.",  # called like its function, which alone was named
    "View more_names goes.",
    "Constraint uq_ab on halls goes.",
    "Constraint fk_hall on seats goes.",
    "Index ix_part on halls goes.",
    "Statistics st_ab on halls goes.",
    "The collation of halls.city changes from C to that of its type.",
    "The counter of tickets_seq goes back from 20 to 5: numbers of deleted rows are given again.",
    "Row level security of seats goes.",
}
RECREATED = """
op.execute('DROP VIEW all_seats, more_names, hall_names')
op.execute('ALTER TABLE seats DROP CONSTRAINT fk_hall')
op.execute('CREATE TABLE halls_new AS SELECT id, a, b, city FROM halls')
op.execute('DROP TABLE halls')
op.execute('ALTER TABLE halls_new RENAME TO halls')
"""
MORE_IN_PRODUCTION = """
op.execute('ALTER TABLE halls ADD COLUMN c int')
if 'scratch' not in op.get_bind().exec_driver_sql('SELECT current_database()').scalar():
    op.execute('DROP FUNCTION noted() CASCADE')
"""


@pytest.fixture
def with_objects(consolidated, execute):
    execute(*OBJECTS)
    stage.make_known(consolidated)
    return consolidated


def lost(history, upgrade: str) -> set[str]:
    write_revision(history, upgrade=upgrade, downgrade="raise NotImplementedError")
    plan = stage.rehearsed(stage.start())
    assert all(each["revision"] == EXPAND for each in plan.objects["unnamed"])
    return {each["sentence"] for each in plan.objects["unnamed"]}


def test_what_cascade_and_rewriting_take_along_is_listed(with_objects, history):
    assert lost(history, UPGRADE) == LOST


def test_a_recreated_table_is_compared_with_the_old_one(with_objects, history):
    assert lost(history, RECREATED) == {
        "Constraint halls_pkey on halls goes.",
        "Column halls.counted goes.",
        "Trigger tr_noted on halls goes.",
        "Rule quiet on halls goes.",
        "Policy mine on halls goes.",
        "Constraint uq_ab on halls goes.",
        "Constraint ck_city on halls goes.",
        "Index ix_part on halls goes.",
        "Statistics st_ab on halls goes.",
        "The default of halls.city changes from 'x'::text to none.",
        "Whether halls.id may be NULL changes from NOT NULL to NULL.",
    }


def test_what_goes_beyond_the_approved_undoes_everything(with_objects, history):
    write_revision(history, upgrade=MORE_IN_PRODUCTION, downgrade="op.drop_column('halls', 'c')")
    ticket = stage.approved(stage.start())
    assert ticket.plan.objects["unnamed"] == []
    assert "objects and properties of the schema)" in ticket.plan.way_back
    engine = engine_for(with_objects.url)
    with engine.reading() as connection:
        before = engine.schema_objects(connection)

    operation = stage.operate("databases.migrate", run=ticket.run)

    assert operation.state is OperationState.REFUSED
    assert "Trigger tr_noted on seats goes. All of it was undone." in operation.outcome
    with engine.reading() as connection:
        assert engine.schema_objects(connection) == before
