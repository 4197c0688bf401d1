import pytest
from alembic import command
from sqlalchemy import select

from portal.audit.models import AuditEntry as Entry
from portal.core.errors import Conflict, Refused
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.backups.files import file_of
from portal.databases.changes import tickets
from portal.databases.changes.execution import apply
from portal.databases.changes.execution.change import Change
from portal.databases.changes.execution.migrate import migrate_development, migrate_production
from portal.databases.changes.execution.settle import settle
from portal.databases.changes.journal import entry, write_entry
from portal.databases.changes.models import TicketState
from portal.databases.engines import engine_for
from portal.databases.policies.drift import accept_drift
from portal.databases.targets.models import RegisteredTarget
from portal.jobs.leases.holder import LeaseHolder
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Interrupted, Quiet
from tests.databases import stage
from tests.databases.stage import ANA, OMAR, approved, rehearsed
from tests.databases.test_sqlite_copy import damage
from tests.databases.under_lock import asked_before_writing
from tests.support.changes import change as change_with

pytestmark = pytest.mark.usefixtures("app")


def migrate(run: str) -> Operation:
    return stage.operate("databases.migrate", run=run)


def journalled(target, ticket: str) -> bool:
    with engine_for(target.url).reading() as connection:
        return entry(connection, ticket) is not None


def test_an_approved_plan_is_carried_out(ticket):
    target = stage.target_named("production")

    with asked_before_writing() as asked:
        operation = migrate(ticket.run)

    assert {each: times for each, times in asked.items() if times > 1} == {}
    assert len(asked) > 5
    assert operation.is_done, operation.outcome
    assert stage.revision(target) == stage.HEAD
    assert journalled(target, ticket.number)
    assert operation.result["rows"]["studio_profiles"] == 6
    assert all(each["holds"] for each in operation.result["invariants"])
    last = operation.result["invariants"][-1]["words"]
    assert operation.label == f"Compare: {last}", "its bar told of the promises, too"


def test_a_database_that_does_not_fit_is_not_even_begun_with(ticket):
    target, run = stage.target_named("production"), ticket.run
    stage.execute(target, "UPDATE portal_identity SET environment = 'development'")

    assert migrate(run).state is OperationState.REFUSED
    begun = db.session.scalars(select(Entry).where(Entry.action == "migration.started")).all()
    assert begun == []


def test_an_entry_of_the_journal_under_the_same_number_is_not_this_change(ticket):
    """Another ops database gave the number out, too."""
    target = stage.target_named("production")
    with engine_for(target.url).changing() as connection:
        write_entry(connection, ticket.number, plan="x", from_revision=None, to_revision=stage.HEAD)
    one = Change(target, ticket.number, stage.HEAD, ticket)

    assert settle(one, by=OMAR) is None
    assert ticket.state is TicketState.APPROVED


def test_development_is_changed_under_one_key_once_and_beside_code_that_can_serve_it(settings):
    target = stage.place("development", studios=3)
    live = LeaseHolder(settings.ops_url, "web", "development", [])
    live.renew()
    refused = stage.operate("databases.migrate", target="development")
    assert "is served by code that can't work with revision" in refused.outcome
    db.session.rollback()
    live.end()

    migrate_development(target, Quiet(), key="k", by=OMAR)
    db.session.commit()
    change_with(target, to=stage.LEGACY, what=command.downgrade)
    accept_drift(target, reason="It went down", by=ANA)
    db.session.commit()
    with pytest.raises(Conflict, match="was carried out already"):
        migrate_development(target, Quiet(), key="k", by=OMAR)


class Lost(Quiet):
    def check_alive(self) -> None:
        raise Interrupted("The worker that started this is gone.")


def test_a_process_that_may_not_go_on_commits_nothing(ticket):
    """It is asked immediately before COMMIT, when all has been done."""
    target = stage.target_named("production")
    before = stage.content(target)

    with pytest.raises(Interrupted):
        migrate_production(ticket, Lost(), by=OMAR)
    db.session.rollback()
    assert stage.content(target) == before
    assert not journalled(target, ticket.number)


def test_the_control_room_remembers_it(ticket):
    migrate(ticket.run)
    db.session.refresh(ticket)

    known = db.session.get(RegisteredTarget, "production")
    assert known.revision == stage.HEAD
    assert (ticket.state, bool(ticket.used_at), bool(ticket.plan.used_at)) == (
        TicketState.USED,
        True,
        True,
    )


def test_intent_and_outcome_are_recorded(ticket):
    migrate(ticket.run)

    events = [
        (each.action, each.outcome)
        for each in db.session.scalars(select(Entry).order_by(Entry.seq))
        if each.action.startswith("migration.")
    ]
    assert events == [("migration.started", "intent"), ("migration.finished", "done")]


def refused(run: str, target, saying: str) -> None:
    before = stage.content(target)
    operation = migrate(run)
    assert operation.state is OperationState.REFUSED, operation.outcome
    assert saying in operation.outcome
    assert stage.content(target) == before
    assert stage.revision(target) == stage.LEGACY


def test_without_a_plan_nothing_runs():
    refused(stage.start(), stage.place(), "only with a ticket")


def test_without_confirmations_nothing_runs():
    target, run = stage.place(), stage.start()
    rehearsed(run)

    refused(run, target, "is open")


def test_with_one_confirmation_nothing_runs():
    target, run = stage.place(), stage.start()
    rehearsed(run)
    tickets.confirm(tickets.ticket_of_run(run), "MIGRATE PRODUCTION", by=OMAR)
    db.session.commit()

    refused(run, target, "is confirmed")


def test_without_the_proven_backup_nothing_runs(ticket):
    target = stage.target_named("production")
    file_of(ticket.plan.backup).unlink()

    refused(ticket.run, target, "its file is missing")


def test_with_a_damaged_backup_nothing_runs(ticket):
    target = stage.target_named("production")
    damage(file_of(ticket.plan.backup), "flipped")

    refused(ticket.run, target, "other content than what was verified")


def test_a_schema_changed_by_hand_since_stops_it(ticket):
    target = stage.target_named("production")
    stage.execute(target, "CREATE TABLE by_hand (id)")

    refused(ticket.run, target, "schema was changed")


def test_rows_written_since_do_not_stop_it(ticket):
    target = stage.target_named("production")
    stage.execute(target, "UPDATE studios SET description = 'new words'")

    assert migrate(ticket.run).is_done


def test_a_plan_that_was_edited_in_the_catalogue_stops_it(ticket):
    target = stage.target_named("production")
    ticket.plan.statements = ["SELECT 1"]
    db.session.commit()

    refused(ticket.run, target, "stored plan was edited")


def test_another_plan_since_stops_it():
    target = stage.place()
    first = approved(stage.start())
    rehearsed(stage.start())

    refused(first.run, target, "void")


def test_a_copy_at_its_address_stops_it(tmp_path):
    target = stage.place()
    ticket = approved(stage.start())
    file = stage.file_at(target)
    moved = file.rename(file.with_name("elsewhere.sqlite3"))
    file.write_bytes(moved.read_bytes())

    before = stage.content(target)
    operation = migrate(ticket.run)

    assert operation.state is OperationState.REFUSED
    assert stage.content(target) == before


def test_a_live_process_that_cannot_serve_it_stops_it(ticket, settings):
    target = stage.target_named("production")
    old = LeaseHolder(settings.ops_url, "web", "production", [stage.LEGACY])
    old.start()
    try:
        refused(ticket.run, target, "web process")
    finally:
        db.session.rollback()
        old.end()

    assert migrate(ticket.run).is_done


def test_a_confirmation_is_good_for_one_change(ticket):
    target = stage.target_named("production")
    migrate(ticket.run)
    after = stage.content(target)

    again = migrate(ticket.run)

    assert again.state is OperationState.REFUSED
    assert "carried out already" in again.outcome
    assert stage.content(target) == after


def test_a_ticket_that_the_journal_knows_is_rejected_even_if_ops_forgot(ticket):
    target = stage.target_named("production")
    stage.execute(
        target,
        "INSERT INTO portal_journal VALUES"
        f" ('{ticket.number}', '{ticket.seal}', '0001', '{stage.HEAD}', '2026-11-22T10:00:00')",
    )

    refused(ticket.run, target, "carried out already")


def test_a_change_that_breaks_a_promise_is_undone(ticket, monkeypatch):
    target = stage.target_named("production")
    stage.execute(target, "CREATE TEMP TABLE unused (id)")
    monkeypatch.setattr(
        "portal.databases.migrations.invariants.measure._promises",
        lambda step: [("users are kept", "SELECT 1", "SELECT 2")],
    )

    refused(ticket.run, target, "fails a check")


def test_what_fails_is_recorded_and_the_ticket_can_be_used_again(ticket, monkeypatch):
    target = stage.target_named("production")

    def boom(*_args, **_more):
        raise Refused("No.")

    with monkeypatch.context() as patch:
        patch.setattr(apply, "upgrade", boom)
        refused(ticket.run, target, "No.")
    assert migrate(ticket.run).is_done


def test_production_is_not_changed_as_development_is():
    target = stage.place()

    with pytest.raises(Refused):
        migrate_development(target, None, key="k", by=ANA)


def test_development_is_backed_up_and_changed_without_ceremony():
    target = stage.place("development")

    operation = stage.operate("databases.migrate", target="development")

    assert operation.is_done, operation.outcome
    assert stage.revision(target) == stage.HEAD
    assert newest_backup("development").reason == "Before a change"
    assert journalled(target, f"operation {operation.uuid}")


def test_development_at_head_has_nothing_to_do():
    stage.place("development")
    stage.operate("databases.migrate", target="development")

    operation = stage.operate("databases.migrate", target="development")

    assert operation.state is OperationState.REFUSED
    assert "nothing is pending" in operation.outcome


def test_a_busy_database_is_left_alone(ticket, monkeypatch):
    monkeypatch.setattr("portal.core.storage.sqlite.BUSY_SECONDS", 0.3)
    target = stage.target_named("production")
    with engine_for(target.url).changing(SchemaAccess.SCRATCH):
        operation = migrate(ticket.run)

    assert operation.state is OperationState.FAILED
    assert "Nothing was changed" in operation.outcome
    assert stage.revision(target) == stage.LEGACY
