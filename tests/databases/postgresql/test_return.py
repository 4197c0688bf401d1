"""Automatic return on PostgreSQL, and what a rebuild as on SQLite comes to here."""

import pytest
from sqlalchemy.exc import InternalError

from portal.core.storage.sqlite import SchemaAccess
from portal.databases.changes.automatic_rollback import was_rolled_back
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.migrations.commands import upgrade
from portal.databases.targets.identity import judge
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.test_restore import kill_at
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import approved
from tests.databases.test_faults_return import killed, told
from tests.databases.test_return import events
from tests.support.changes import approved_ticket

ONLY_ON_THE_COPY = (
    "verifications = [('it stands where it should',"
    " \"SELECT current_database() LIKE '%scratch%'\")]"
)
REBUILD = (
    "with op.batch_alter_table('studio_profiles', recreate='always') as batch:\n"
    "    batch.add_column(sa.Column('motto', sa.String(80)))"
)


def test_a_failed_verification_puts_the_backup_back_and_says_so(consolidated, history):
    write_revision(history, more=ONLY_ON_THE_COPY)
    ticket = approved(stage.start())
    operation = stage.operate("databases.migrate", run=ticket.run)

    assert operation.state is OperationState.REFUSED
    assert "it stands where it should" in operation.outcome
    assert "So the backup was put back" in operation.outcome
    content = copier_for(consolidated.url).content()
    assert content.digest == ticket.plan.backup.content_digest
    assert stage.revision(consolidated) == stage.HEAD
    assert judge(consolidated).fits
    assert was_rolled_back(ticket)
    assert events("verification", "restore") == [
        ("verification.failed", "failed"),
        ("restore.started", "intent"),
        ("restore.finished", "done"),
    ]


def test_a_return_killed_behind_its_swap_is_found_out_and_anchored(consolidated, history):
    """Before it the change stands, as on SQLite; a kill in the swap itself: test_restore.py."""
    write_revision(history, more=ONLY_ON_THE_COPY)
    before = copier_for(consolidated.url).content()
    operation = killed(lambda: kill_at("committed"))

    assert operation.outcome.endswith("Its backup was put back.")
    assert copier_for(consolidated.url).content().digest == before.digest
    assert judge(consolidated).fits, "anchored again by whoever found it out"
    assert told(consolidated)[0]


def test_a_rebuild_of_a_table_with_children_is_refused_by_the_server(consolidated, history):
    """PostgreSQL drops no table that others refer to, so nothing can cascade."""
    write_revision(history, upgrade=REBUILD, downgrade="pass")
    before = copier_for(consolidated.url).content()
    with (
        pytest.raises(InternalError, match="other objects depend on it"),
        engine_for(consolidated.url).changing(SchemaAccess.SCRATCH) as connection,
    ):
        upgrade(connection, EXPAND, target=consolidated, ticket=approved_ticket(consolidated))

    assert copier_for(consolidated.url).content() == before
    assert stage.revision(consolidated) == stage.HEAD
