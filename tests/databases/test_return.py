"""Automatic return: what does not verify after the commit is undone with its backup, by itself."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.changes.automatic_rollback import was_rolled_back
from portal.databases.policies.maintenance import in_maintenance
from portal.databases.targets.registry import control_room, registered_target
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate
from tests.support.databases import HEAD, make_database

# True on the rehearsed copy alone: what a rehearsal can't see, such as a server's own setting.
ONLY_ON_THE_COPY = (
    "verifications = [('it stands where it should', \"SELECT count(*) FROM pragma_database_list"
    " WHERE file LIKE '%/scratch/%'\")]"
)


@pytest.fixture
def production(app, history):
    control_room(is_demo=True)
    write_revision(history, more=ONLY_ON_THE_COPY)
    return make_database("production", HEAD, studios=12)


def test_a_failed_verification_puts_the_backup_back_and_says_so(production):
    before = registered_target("production").schema_digest
    ticket = approved(stage.start())
    operation = stage.operate("databases.migrate", run=ticket.run, maintenance="yes")

    assert operation.state is OperationState.REFUSED
    assert "it stands where it should" in operation.outcome
    assert "So the backup was put back" in operation.outcome
    assert stage.content(production).digest == ticket.plan.backup.content_digest
    assert stage.revision(production) == HEAD
    assert registered_target("production").schema_digest == before
    assert not in_maintenance(production)
    present, reason = newest_backup("production"), f"Before restoring {ticket.plan.backup.name}"
    assert (present.revision, present.reason) == (EXPAND, reason)
    assert events("migration", "verification", "restore") == [
        ("migration.started", "intent"),
        ("migration.finished", "done"),
        ("verification.failed", "failed"),
        ("restore.started", "intent"),
        ("restore.finished", "done"),
    ]

    assert was_rolled_back(ticket)
    assert "carried out already" in migrate(ticket.run).outcome


def events(*kinds: str) -> list[tuple[str, str]]:
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
    return [(each.action, each.outcome.value) for each in entries if each.action.startswith(kinds)]


def test_what_does_not_hold_on_the_copy_is_found_in_the_rehearsal(app, history):
    write_revision(history, more="verifications = [('never', 'SELECT 0')]")
    make_database("production", HEAD)
    backup = stage.operate("databases.backup").result["backup"]
    operation = stage.operate("databases.rehearse", backup=backup)

    assert operation.state is OperationState.REFUSED
    assert "“never”" in operation.outcome


def test_a_backup_that_is_gone_is_said_with_the_way_to_go_back(production, monkeypatch):
    ticket = approved(stage.start())
    file = stage.file_at(production).parent / "backups" / ticket.plan.backup.file
    monkeypatch.setattr(
        "portal.databases.changes.automatic_rollback.verify_database",
        _losing(file, "It is not what it was."),
    )
    operation = migrate(ticket.run)

    assert "could not be put back" in operation.outcome
    assert f"flask databases restore production {ticket.plan.backup.name}" in operation.outcome
    assert stage.revision(production) == EXPAND


def _losing(file, sentence):
    def look(*_args, **_more):
        file.unlink()
        raise Refused(sentence)

    return look
