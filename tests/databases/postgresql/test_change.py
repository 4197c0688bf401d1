"""The whole change of the demo's production, on PostgreSQL."""

import json

import psycopg

from portal.databases.backups.catalogue.find import backups
from portal.databases.backups.files import backups_folder
from portal.databases.changes.journal import entry
from portal.databases.engines import engine_for
from portal.databases.targets.identity import judge
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.conftest import dsn, names
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate


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

    operation = migrate(run)

    assert operation.is_done, operation.outcome
    assert stage.revision(production) == stage.HEAD
    assert all(each["holds"] for each in operation.result["invariants"])
    with engine_for(production.url).reading() as connection:
        assert entry(connection, number).to_revision == stage.HEAD
    verified = stage.operate("databases.verify", run=run)
    assert verified.is_done, verified.outcome
    assert {name for name in names() if name.startswith(database)} == {database}
