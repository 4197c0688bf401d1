"""A database with more than one schema: all that is done to a database knows every one of them."""

import psycopg
import pytest
from sqlalchemy.engine import URL

from portal.databases.backup import backup_named, file_of
from portal.databases.drift import require_no_drift
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.identity import judge
from portal.databases.scratch import scratch_folder
from tests.databases import stage
from tests.databases.postgresql.conftest import dsn
from tests.databases.postgresql.schemas import BY_SUPERUSER, BY_WORKER, ROWS
from tests.databases.stage import ANA

RESTORE = {"by": ANA, "text": "RESTORE PRODUCTION"}


def work(database: str, *statements: str) -> None:
    with psycopg.connect(dsn(database)) as connection:
        for statement in statements:
            connection.execute(statement)


def structure(url: URL) -> dict[str, str]:
    with engine_for(url).reading() as connection:
        return engine_for(url).structure_objects(connection)


@pytest.fixture
def schemas(production, database, execute):
    """Production with all that a catalogue can hold; the search path is the database's own."""
    work(database, *BY_WORKER, f'ALTER DATABASE "{database}" SET search_path = public, crm')
    execute(*BY_SUPERUSER)
    stage.make_known(production)
    return production


def test_a_backup_of_every_schema_is_proven_compared_and_restored(schemas, database, execute):
    before = copier_for(schemas.url).content()
    assert before.counts.items() >= ROWS.items()
    require_no_drift(schemas)
    name = stage.operate("databases.backup").result["backup"]
    assert backup_named(name).counts.items() >= ROWS.items()
    with scratch_folder() as folder:
        url, copied = copier_for(schemas.url).scratch(file_of(backup_named(name)), folder)
        assert copied == before
        assert structure(url) == structure(schemas.url), "so that a rehearsal's plan fits"
    work(
        database,
        "INSERT INTO crm.studios (id, name) VALUES (9, 'Nine')",
        'DELETE FROM "Größe.x"."Ta""b.le"',
        "DROP TABLE crm.partners",
    )

    compared = stage.operate("databases.compare", backup=name)

    assert compared.is_done, compared.outcome
    losses = {each["table"]: (each["now"], each["then"]) for each in compared.result["tables"]}
    assert losses == {
        "crm.studios": (3, 2),
        '"Größe.x"."Ta""b.le"': (0, 3),
        "crm.partners": (0, 1),
    }
    [mine] = [each for each in compared.result["tables"] if each["table"] == "crm.studios"]
    assert [each["key"] for each in mine["newest"]] == ["9"]
    restored = stage.operate("databases.restore", backup=name, **RESTORE)

    assert restored.is_done, restored.outcome
    assert "event trigger watch was not made again" in restored.outcome.lower()
    assert "publication everything" in restored.outcome.lower()
    assert copier_for(schemas.url).content() == before
    assert judge(schemas).fits
    require_no_drift(schemas)
    assert execute("SHOW search_path") == [("public, crm",)]
    granted = "SELECT has_column_privilege('pg_monitor', 'crm.studios', 'name', 'SELECT')"
    assert execute(granted) == [(True,)]
    optional = "SELECT has_table_privilege('pg_monitor', 'crm.visits', 'SELECT WITH GRANT OPTION')"
    assert execute(optional) == [(True,)]
    assert execute("SELECT n FROM crm.numbers") == [(3,)]
    assert stage.operate("databases.backup").is_done
