"""38 and 39 of the security list on PostgreSQL, where connections are lost in earnest."""

import os

import pytest

from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance, in_maintenance
from portal.jobs.models import OperationState
from portal.jobs.operations.recovery import reconcile_lost
from tests.databases import stage
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import ANA, approved
from tests.databases.test_return import events
from tests.faults import moments
from tests.faults.forks import alone, in_a_fork

# The server ends the session that asks, and answers on the rehearsed copy.
CONNECTION_LOST = (
    "verifications = [('it can be asked', \"SELECT CASE WHEN current_database() LIKE '%scratch%'"
    ' THEN true ELSE pg_terminate_backend(pg_backend_pid()) END")]'
)


def test_39_a_connection_lost_in_the_verification_undoes_nothing(consolidated, history):
    write_revision(history, more=CONNECTION_LOST)
    ticket = approved(stage.start())
    operation = stage.operate("databases.migrate", run=ticket.run)

    assert operation.state is OperationState.DONE, operation.outcome
    assert "is committed and not yet verified: terminating connection" in operation.outcome
    assert stage.revision(consolidated) == EXPAND
    assert events("verification", "restore") == [("verification.unfinished", "failed")]

    write_revision(history, more="verifications = []")
    assert stage.operate("databases.verify", run=ticket.run).is_done
    db.session.refresh(ticket)
    assert "not_verified_yet" not in ticket.outcome


def test_39_a_kill_behind_the_commit_ends_the_changes_own_maintenance(production, database):
    ticket = approved(stage.start())
    run = ticket.run

    def change() -> None:
        moments.arm("committed", moments.kill, file=database)
        stage.operate("databases.migrate", run=run, maintenance="yes")

    assert in_a_fork(change) < 0
    assert in_maintenance(production)
    reconcile_lost()
    db.session.rollback()
    assert stage.revision(production) == stage.HEAD
    assert not in_maintenance(production)


def test_38_maintenance_that_a_running_change_holds_is_not_ended(production, database, tmp_path):
    begin_maintenance(production, because="The evening", by=ANA)
    run = approved(stage.start()).run

    def change() -> None:
        moments.arm("commit", moments.wait_in(tmp_path), file=database)
        stage.operate("databases.migrate", run=run)

    child = alone(change)
    try:
        moments.wait_until(tmp_path / "reached", seconds=30)
        refused = stage.operate("databases.maintenance", by=ANA, on=False)
        assert "can't be ended while a change holds it: run 1" in refused.outcome
        with pytest.raises(Conflict, match="nothing else may change production meanwhile"):
            stage.operate("databases.rehearse")
        db.session.rollback()
    except BaseException:
        (tmp_path / "go").touch()
        raise
    (tmp_path / "go").touch()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert stage.revision(production) == stage.HEAD
    assert stage.operate("databases.maintenance", by=ANA, on=False).is_done
