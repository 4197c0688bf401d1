"""What an operation says when the directory was changed and the ops database did not hear of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.databases.backups.models import Backup
from portal.databases.changes.execution import record
from portal.databases.changes.execution.change import Change
from portal.databases.changes.execution.settle import settle as settle_change
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.restores import settle
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.recovery import ask_again_about_unknown
from tests.databases import stage
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate
from tests.databases.test_restore import give_back, take

pytestmark = pytest.mark.usefixtures("app")


@contextmanager
def ops_silent(monkeypatch, module, name: str, *, times: int) -> Iterator[None]:
    """As when somebody holds the ops database's lock for longer than one waits."""
    works, left = getattr(module, name), [times]

    def busy(*args, **more):
        if left[0]:
            left[0] -= 1
            raise Unavailable("The ops database is busy, so nothing was changed.")
        return works(*args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, busy)
        yield


def the_ticket(operation: Operation) -> Ticket:
    return db.session.query(Ticket).filter_by(run=operation.subject).one()


def test_a_change_that_ops_could_not_hear_of_is_found_in_the_journal(ticket, monkeypatch):
    target = stage.target_named("production")

    with ops_silent(monkeypatch, record, "note_state", times=1):
        operation = migrate(ticket.run)

    assert stage.revision(target) == stage.HEAD
    assert operation.is_done, operation.outcome
    assert "It was committed" in operation.outcome
    assert the_ticket(operation).state is TicketState.USED


def test_a_restore_that_ops_could_not_hear_of_is_found_in_the_database(monkeypatch):
    target = stage.place(studios=6)
    name = take()
    before = stage.content(target)
    stage.execute(target, "DELETE FROM reviews")

    with ops_silent(monkeypatch, settle, "note_state", times=1):
        operation = give_back(name)

    assert stage.content(target) == before
    assert operation.is_done, operation.outcome


def test_what_could_not_be_reported_is_reported_at_the_next_try(ticket, monkeypatch):
    with ops_silent(monkeypatch, record, "note_state", times=2):
        operation = migrate(ticket.run)
    assert operation.state is OperationState.UNKNOWN

    again = migrate(ticket.run)

    assert again.is_done, again.outcome
    assert the_ticket(again).state is TicketState.USED
    ask_again_about_unknown()
    assert db.session.get(Operation, operation.id, populate_existing=True).is_done


def test_another_databases_journal_is_not_believed(monkeypatch, tmp_path):
    target = stage.place(studios=6)
    ticket = approved(stage.start())
    with ops_silent(monkeypatch, record, "note_state", times=2):
        operation = migrate(ticket.run)
    file, kept = stage.file_at(target), tmp_path / "kept.sqlite3"
    file.rename(kept)
    shutil.copy(stage.legacy_file(6), file)

    ask_again_about_unknown()
    assert db.session.get(Operation, operation.id, populate_existing=True).state is (
        OperationState.UNKNOWN
    )

    kept.replace(file)
    ask_again_about_unknown()
    assert db.session.get(Operation, operation.id, populate_existing=True).is_done


def test_an_entry_of_the_same_number_is_not_taken_for_this_change(ticket):
    target = stage.target_named("production")
    stage.execute(
        target,
        "INSERT INTO portal_journal VALUES"
        f" ('{ticket.number}', 'another seal', NULL, '{stage.HEAD}', '2025-01-01')",
    )

    operation = migrate(ticket.run)

    assert operation.state is OperationState.REFUSED
    assert stage.revision(target) == stage.LEGACY
    assert settle_change(_change(ticket, target), by=operation.requested_by) is None


def test_a_restore_that_was_cut_short_leaves_no_ticket_behind():
    target = stage.place(studios=6)
    name = take()
    ticket = approved(stage.start())
    found = db.session.query(Backup).filter_by(name=name).one()
    stage.execute(target, "DELETE FROM reviews")

    assert settle.settle_restore(target, found, by=stage.ANA) is None

    db.session.commit()
    assert ticket.state is TicketState.VOID
    assert migrate(ticket.run).state is OperationState.REFUSED


def _change(ticket: Ticket, target) -> Change:
    return Change(target, ticket.number, ticket.plan.to_revision, ticket)
