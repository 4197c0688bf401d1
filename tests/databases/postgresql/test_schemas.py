"""A database with more than one schema: all that is done to a database knows every one of them."""

from contextlib import closing
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.files import file_of
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.copies import copier_for
from portal.databases.engines.transfer import transfer_for
from portal.databases.policies.drift import require_no_drift
from portal.databases.policies.maintenance import NOTICE, begin_maintenance, end_maintenance, notice
from portal.databases.status.check import check_targets
from portal.databases.sync.batches import OpenDatabase
from portal.databases.sync.columns.rules import UNLISTED, present_columns
from portal.databases.sync.leak_scan import scan
from portal.databases.sync.source_values import SourceValues
from portal.databases.targets.identity import judge
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.postgresql.conftest import dsn, superuser
from tests.databases.postgresql.schemas import BY_SUPERUSER, BY_WORKER, ROWS
from tests.databases.revising import write_revision
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
    assert losses == {"crm.studios": (3, 2), '"Größe.x"."Ta""b.le"': (0, 3), "crm.partners": (0, 1)}
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
    large = "SELECT convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata"
    assert execute(large) == [("large",)]
    assert execute("SELECT n FROM crm.numbers") == [(3,)]
    assert stage.operate("databases.backup").is_done


def test_a_policy_of_a_role_that_is_gone_is_named_with_what_to_do(production, database, execute):
    role = f"{database}_auditor"
    superuser(f"CREATE ROLE {role}")
    execute(
        "ALTER TABLE reviews ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY audited ON reviews TO {role} USING (true)",
    )
    stage.make_known(production)
    name = stage.operate("databases.backup").result["backup"]
    execute("DROP POLICY audited ON reviews", f"DROP ROLE {role}")
    before = copier_for(production.url).content()

    refused = stage.operate("databases.restore", backup=name, **RESTORE).outcome

    assert f'role "{role}" does not exist' in refused
    assert "A superuser makes the role that it names, then try again." in refused
    assert copier_for(production.url).content() == before
    superuser(f"CREATE ROLE {role}")
    assert stage.operate("databases.restore", backup=name, **RESTORE).is_done
    execute("DROP POLICY audited ON reviews", f"DROP ROLE {role}")


def test_a_search_path_that_begins_elsewhere_leads_to_the_guards_own_tables(
    production, database, execute
):
    work(
        database,
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.notes (id int PRIMARY KEY, text text)",
        f'ALTER DATABASE "{database}" SET search_path = crm, public',
    )
    stage.make_known(production)

    begin_maintenance(production, because="Moving house", by=ANA)

    assert faults(production) == []
    with engine_for(production.url).reading() as connection:
        assert notice(connection) == NOTICE
    end_maintenance(production, by=ANA)
    where = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname LIKE 'portal\\_%'"
    assert set(execute(where)) == {("public",)}
    assert stage.operate("databases.backup").is_done


def test_a_change_that_takes_rows_of_another_schema_is_warned_of_and_breaks_promises(
    consolidated, history, database
):
    work(
        database,
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.old AS SELECT 1 AS id",
        "CREATE TABLE crm.visits (id serial PRIMARY KEY, studio int"
        " REFERENCES studio_profiles (id) ON DELETE CASCADE)",
        "INSERT INTO crm.visits (studio) SELECT id FROM studio_profiles",
    )
    stage.make_known(consolidated)
    taking = "op.execute('DELETE FROM studio_profiles')\nop.execute('DROP TABLE crm.old')"
    count = "'SELECT count(*) FROM crm.visits'"
    write_revision(history, upgrade=taking)

    plan = stage.rehearsed()

    assert "crm.visits loses 6 of its 6 rows." in plan.warnings
    assert "crm.old, of another schema, is dropped with its 1 rows." in plan.warnings
    promise = f"upgrade_invariants = [('every visit stays', {count}, {count})]"
    write_revision(history, upgrade=taking, more=promise)
    said = stage.operate("databases.rehearse", run="run-1").outcome
    assert "fails a check: “every visit stays” (6 before, 0 after)" in said


def test_the_scan_of_a_sync_looks_into_every_schema(production, database, tmp_path):
    work(
        database,
        "CREATE SCHEMA crm",
        'CREATE TABLE crm."Notes.x" (id int PRIMARY KEY, text text)',
        """INSERT INTO crm."Notes.x" VALUES (1, 'Ask Wilhelmina Quux at w.quux@example.org')""",
    )
    operation = request_operation("databases.check", by=ANA, target="production")
    db.session.commit()
    engine = engine_for(production.url)
    with closing(SourceValues(tmp_path)) as known, engine.reading() as connection:
        known.finish()
        present = present_columns(engine, connection)
        assert present['crm."Notes.x"'] == ["id", "text"]
        rules = {
            table: dict.fromkeys(columns, UNLISTED)
            for table, columns in present.items()
            if table.startswith("crm.")
        }
        copy = OpenDatabase(Only(engine, "crm."), transfer_for(production.url), connection)
        with pytest.raises(
            Refused, match='crm."Notes.x".text of the anonymised copy holds an email'
        ):
            scan(copy, rules, known, progress=Progress(operation))


@dataclass(frozen=True)
class Only:
    """An engine that shows the tables of one schema."""

    engine: DatabaseEngine
    begins: str

    def tables(self, connection: Connection) -> list[str]:
        return [each for each in self.engine.tables(connection) if each.startswith(self.begins)]

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)


NOT_SYNCED = "Nothing can be synced from it"
"""The sync does not know what becomes of the tables that a test makes."""


def faults(target) -> list[str]:
    [found] = [each for each in check_targets() if each.target.name == target.name]
    return [each for each in found.faults if not each.startswith(NOT_SYNCED)]
