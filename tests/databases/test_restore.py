import shutil
import threading

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.files import file_of
from portal.databases.changes import tickets
from portal.databases.changes.models import TicketState
from portal.databases.engines import engine_for
from portal.databases.engines.copies import sha256_of
from portal.databases.restores import restore
from portal.databases.targets.identity import judge
from portal.databases.targets.models import RegisteredTarget
from portal.jobs.leases.holder import LeaseHolder
from portal.jobs.models import Operation, OperationState
from tests.databases import stage
from tests.databases.stage import ANA, OMAR, approved
from tests.databases.test_migrate import migrate
from tests.databases.test_sqlite_copy import damage

pytestmark = pytest.mark.usefixtures("app")
PHRASE = "RESTORE PRODUCTION"


def take(target: str = "production") -> str:
    operation = stage.operate("databases.backup", target=target)
    return str(operation.result["backup"])


def give_back(name: str, *, by=ANA, text: str = PHRASE, target: str = "production") -> Operation:
    return stage.operate("databases.restore", by=by, target=target, backup=name, text=text)


def refused(name: str, target, **how) -> str:
    before = stage.content(target)
    operation = give_back(name, **how)
    assert operation.state is OperationState.REFUSED, operation.outcome
    assert stage.content(target) == before
    return operation.outcome


def test_the_backups_content_comes_back():
    target = stage.place()
    name = take()
    before = stage.content(target)
    stage.execute(target, "DELETE FROM reviews")

    operation = give_back(name)

    assert operation.is_done, operation.outcome
    assert stage.content(target) == before
    assert judge(target).fits


def test_the_present_is_backed_up_first():
    target = stage.place()
    name = take()
    stage.execute(target, "DELETE FROM reviews")
    present = stage.content(target)

    operation = give_back(name)

    kept = backup_named(operation.result["present"])
    assert kept.is_proven
    assert kept.content_digest == present.digest
    assert name in kept.reason


def test_a_change_can_be_taken_back_by_its_backup(ticket):
    target = stage.target_named("production")
    name = ticket.plan.backup.name
    before = stage.content(target)
    migrate(ticket.run)

    operation = give_back(name)

    assert operation.is_done, operation.outcome
    assert stage.content(target) == before
    known = db.session.get(RegisteredTarget, "production", populate_existing=True)
    assert known.revision == stage.LEGACY


def test_open_tickets_are_void_afterwards():
    stage.place()
    name = take()
    ticket = approved(stage.start())

    give_back(name)
    db.session.refresh(ticket)

    assert ticket.state is TicketState.VOID
    assert "restored" in ticket.voided_because
    assert migrate(ticket.run).state is OperationState.REFUSED


def test_a_change_can_be_prepared_again_afterwards():
    target = stage.place()
    first = approved(stage.start())
    name = first.plan.backup.name
    migrate(first.run)
    give_back(name)

    again = approved(stage.start())

    assert migrate(again.run).is_done
    assert stage.revision(target) == stage.HEAD


def test_the_audit_log_is_still_there():
    stage.place()
    name = take()
    give_back(name)

    actions = list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))
    assert actions.count("backup.taken") == 2
    assert actions.index("restore.started") < actions.index("restore.finished")


@pytest.mark.parametrize("text", ["restore production", " RESTORE PRODUCTION", "yes", ""])
def test_nearly_the_phrase_is_refused(text):
    target = stage.place()

    assert "not exactly" in refused(take(), target, text=text)


def test_ops_may_not_restore_production():
    target = stage.place()

    assert "admin" in refused(take(), target, by=OMAR)


@pytest.mark.parametrize("harm", ["truncated", "flipped"])
def test_a_damaged_backup_is_not_restored(harm):
    target = stage.place()
    name = take()
    damage(file_of(backup_named(name)), harm)

    assert "is damaged: its file has" in refused(name, target)


def test_a_backup_whose_record_was_made_to_fit_is_not_restored():
    """Even when somebody also edits the hash in the catalogue: the signed manifest tells, and
    without one the content has to agree."""
    target = stage.place()
    name = take()
    backup = backup_named(name)
    file = file_of(backup)
    stage.execute_on(file, "UPDATE users SET role = 'admin'")
    backup.sha256 = sha256_of(file)
    db.session.commit()

    assert "another “sha256” than its signed manifest" in refused(name, target)
    file.with_suffix(".json").unlink()
    assert "no longer restores" in refused(name, target)


def test_an_unproven_backup_is_not_restored():
    target = stage.place()
    name = take()
    backup_named(name).proven_at = None
    db.session.commit()

    assert "never verified" in refused(name, target)


def test_a_backup_of_another_database_is_not_restored():
    target = stage.place("production")
    stage.place("development", studios=6)

    assert "another database" in refused(take("development"), target)


def test_a_target_that_does_not_fit_is_not_restored():
    target = stage.place()
    name = take()
    stage.execute(target, "UPDATE portal_identity SET environment = 'development'")

    refused(name, target)


def test_a_live_process_that_cannot_serve_it_stops_it(ticket, settings):
    target = stage.target_named("production")
    name = ticket.plan.backup.name
    migrate(ticket.run)
    new = LeaseHolder(settings.ops_url, "web", "production", [stage.HEAD])
    db.session.rollback()
    new.start()
    try:
        assert "web process" in refused(name, target)
    finally:
        db.session.rollback()
        new.end()


def test_development_is_restored_without_ceremony():
    target = stage.place("development")
    name = take("development")
    stage.execute(target, "DELETE FROM reviews")

    assert give_back(name, by=OMAR, text="", target="development").is_done


def test_a_restore_that_fails_leaves_the_database_as_it_was(monkeypatch):
    target = stage.place()
    name = take()
    stage.execute(target, "DELETE FROM reviews")
    before = stage.content(target)
    done = threading.Event()

    def fail(self, backup, **_more):
        done.set()
        raise OSError("No space left on device")

    monkeypatch.setattr("portal.databases.engines.copies.SqliteCopier.restore", fail)
    operation = give_back(name)

    assert done.is_set()
    assert operation.state is OperationState.FAILED
    assert stage.content(target) == before


def test_open_tickets_survive_a_restore_that_was_refused():
    stage.place()
    name = take()
    ticket = approved(stage.start())
    give_back(name, text="no")
    db.session.refresh(ticket)

    tickets.require_approved(ticket)


def test_a_database_that_changed_places_meanwhile_is_not_overwritten(monkeypatch, tmp_path):
    target = stage.place(studios=6)
    name = take()
    stage.execute(target, "DELETE FROM reviews")
    take_backup = restore.take_backup

    def taken_while_somebody_swaps_the_file(*args, **more):
        found = take_backup(*args, **more)
        file = stage.file_at(target)
        shutil.copy(file, tmp_path / "other.sqlite3")
        (tmp_path / "other.sqlite3").replace(file)
        return found

    monkeypatch.setattr(restore, "take_backup", taken_while_somebody_swaps_the_file)
    operation = give_back(name)

    assert operation.state is OperationState.REFUSED, operation.outcome
    assert stage.content(target).counts["reviews"] == 0


def test_a_placing_that_fails_leaves_nothing_and_nothing_is_called_production(app, monkeypatch):
    target = stage.place(studios=6)
    name = stage.operate("databases.backup").result["backup"]
    file = stage.file_at(target)
    file.rename(file.with_name("gone"))  # else a disk gives the next file the same inode
    stage.lose_the_file_as_it_is_placed(monkeypatch)

    operation = stage.operate("databases.place", by=ANA, backup=name, text="RESTORE PRODUCTION")

    assert not operation.is_done
    assert not stage.file_at(target).exists()
    engine_for(target.url).create()  # as an older release left it
    said = str(judge(target))
    assert "adopt" not in said
    assert "flask databases restore production BACKUP" in said
    stage.execute(target, "CREATE TABLE parcels (id INTEGER)")
    said = str(judge(target))
    assert "adopt" not in said
    assert "PRODUCTION_DATABASE_URL" in said
