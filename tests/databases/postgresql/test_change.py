"""The whole change of the demo's production, on PostgreSQL."""

import json

import psycopg

from portal.core.storage.database import db, reading
from portal.databases.backups.catalogue.find import backups
from portal.databases.backups.files import backups_folder
from portal.databases.changes.journal import entry
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.preflight.run import preflight
from portal.databases.targets import adoption
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import judge
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, dsn, names, superuser
from tests.databases.stage import ANA, approved
from tests.databases.test_migrate import migrate
from tests.databases.under_lock import asked_before_writing


def test_the_legacy_directory_is_consolidated_under_a_ticket(app, production, database):
    assert judge(production).fits
    ticket = approved(stage.start())
    run, number = ticket.run, ticket.number
    [backup] = backups("production")
    manifest = json.loads((backups_folder() / f"{backup.name}.json").read_text())
    assert backup.is_proven
    assert (manifest["sha256"], manifest["counts"]["studios"]) == (backup.sha256, 6)
    assert "every row as before" in ticket.plan.way_back

    with psycopg.connect(dsn(database), application_name="night report"):
        operation = migrate(run)
    assert operation.state is OperationState.REFUSED
    assert "sessions of programs that are not known here: “night report” of" in operation.outcome
    assert stage.revision(production) == stage.LEGACY

    with asked_before_writing() as asked:
        operation = migrate(run)

    assert {each: times for each, times in asked.items() if times > 1} == {}
    assert len(asked) > 5
    assert operation.is_done, operation.outcome
    assert stage.revision(production) == stage.HEAD
    assert all(each["holds"] for each in operation.result["invariants"])
    with engine_for(production.url).reading() as connection:
        assert entry(connection, number).to_revision == stage.HEAD
    verified = stage.operate("databases.verify", run=run)
    assert verified.is_done, verified.outcome
    assert {name for name in names() if name.startswith(database)} == {database}


def test_the_first_change_of_a_new_production_makes_its_tables(app, database):
    """Of an empty database, as `createdb` makes it: adopted, backed up, rehearsed, confirmed."""
    superuser(f"CREATE DATABASE {database} OWNER {WORKER}")
    target = target_named("production")
    with reading():
        judgement = judge(target)
        adoption.require_adoptable(target, judgement)
        phrase = adoption.phrase_for(target, judgement)
    db.session.rollback()
    adoption.adopt(target, phrase=phrase, reason="A new directory", by=ANA)
    assert [each for each in preflight(target) if each.is_fault] == []
    operation = migrate(approved(stage.start()).run)
    assert operation.is_done, operation.outcome
    assert stage.revision(target) == stage.HEAD
    assert copier_for(target.url).content().counts["studio_profiles"] == 0
    assert stage.operate("databases.backup").is_done
