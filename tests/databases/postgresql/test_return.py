"""Automatic return on PostgreSQL, and what a rebuild as on SQLite comes to here."""

from portal.databases.engines.copies import copier_for
from portal.databases.identity import judge
from portal.databases.returning import was_returned
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.test_restore import kill_at
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import ANA, approved
from tests.databases.test_faults_return import killed, named_in, told
from tests.databases.test_return import events

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
    assert was_returned(ticket)
    assert events("verification", "restore") == [
        ("verification.failed", "failed"),
        ("restore.started", "intent"),
        ("restore.finished", "done"),
    ]


def test_a_return_killed_in_its_swap_leaves_the_new_or_the_old_and_says_so(consolidated, history):
    write_revision(history, more=ONLY_ON_THE_COPY)
    before = copier_for(consolidated.url).content()

    operation = killed(lambda: kill_at("rename 2"))
    assert "It was not undone: production is at aaaaaaaaaaaa" in operation.outcome
    assert stage.revision(consolidated) == EXPAND
    assert judge(consolidated).fits
    assert not told(consolidated)[0]
    way = {"by": ANA, "backup": named_in(operation), "text": "RESTORE PRODUCTION"}
    assert stage.operate("databases.restore", **way).is_done
    assert told(consolidated)[0]

    operation = killed(lambda: kill_at("committed"))
    assert operation.outcome.endswith("Its backup was put back.")
    assert copier_for(consolidated.url).content().digest == before.digest
    assert judge(consolidated).fits, "anchored again by whoever found it out"
    assert told(consolidated)[0]


def test_a_rebuild_of_a_table_with_children_ends_in_the_rehearsal(consolidated, history):
    """PostgreSQL drops no table that others refer to, so nothing can cascade."""
    write_revision(history, upgrade=REBUILD, downgrade="pass")
    before = copier_for(consolidated.url).content()
    run = stage.start()
    assert stage.operate("databases.backup", run=run).is_done
    operation = stage.operate("databases.rehearse", run=run)

    assert not operation.is_done
    assert "other objects depend on it" in operation.outcome
    assert copier_for(consolidated.url).content() == before
