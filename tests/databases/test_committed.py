"""39: what was committed is done, whatever the tidying after it says. The faults are real ones."""

import os

import pytest
from sqlalchemy import text as sql

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.changes.automatic_rollback import change_not_rolled_back
from portal.databases.changes.models import TicketState
from portal.databases.policies.maintenance import begin_maintenance, in_maintenance
from portal.databases.targets.config import ops_database
from portal.databases.targets.registry import control_room
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.recovery import reconcile_lost
from portal.jobs.operations.service import perform
from portal.runbooks.engine import operation_listener
from tests.databases import running, stage
from tests.databases.revising import EXPAND, write_revision
from tests.databases.running import confirm_twice, send, the_account, the_run, the_ticket
from tests.databases.scene import Scene
from tests.databases.stage import ANA, approved
from tests.databases.test_return import events
from tests.faults import moments
from tests.faults.forks import alone
from tests.support.cast import log_in
from tests.support.databases import HEAD, make_database
from tests.support.pages import words

NO_END = (
    "CREATE TRIGGER no_end BEFORE UPDATE OF maintenance_since ON registered_targets"
    " WHEN NEW.maintenance_since IS NULL AND OLD.maintenance_since IS NOT NULL"
    " BEGIN SELECT RAISE(ABORT, 'the disk quota is exceeded'); END"
)
NO_USE = (
    "CREATE TRIGGER no_use BEFORE UPDATE OF used_at ON tickets"
    " BEGIN SELECT RAISE(ABORT, 'the disk quota is exceeded'); END"
)
# Answers on the rehearsed copy, and fails with the engine's own error where it is carried out.
CANT_LOOK = (
    "verifications = [('it can be asked', \"SELECT CASE WHEN (SELECT file FROM"
    " pragma_database_list) LIKE '%/scratch/%' THEN 1 ELSE abs(-9223372036854775807 - 1) END\")]"
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory, empty_ops) -> Scene:
    return Scene(tmp_path_factory.mktemp("change") / "data", empty_ops, at_the_change)


@pytest.fixture
def settings(request, settings, scene) -> Settings:
    return settings if "history" in request.fixturenames else scene.put_back()


def at_the_change() -> None:
    running.at_the_confirmation()
    confirm_twice()


@pytest.fixture
def omar(app, client):
    running.cast()
    log_in(client, the_account("omar"))
    return client


def ops(statement: str) -> None:
    """Something done to the control room's own database, beside the product."""
    db.session.rollback()
    with open_sqlite(ops_database().url, access=SchemaAccess.SCRATCH).begin() as connection:
        connection.execute(sql(statement))


def ask(omar, **inputs: str) -> Operation:
    """The step's button, pressed; the operation waits for a worker."""
    run = the_run()
    run.inputs = {**run.inputs, **inputs}
    db.session.commit()
    assert send(omar, "steps/migrate/operation").status_code == 302
    return db.session.get_one(Operation, the_run().due_row.operation_id)


def run_page(client) -> str:
    return words(client.page(f"/ops/runs/{the_run().id}"))


def press(client, label: str):
    """A button of the run's page, by its label."""
    page = client.page(f"/ops/runs/{the_run().id}")
    form = page.find("button", string=lambda said: said and label in said).find_parent("form")
    return client.post(form["action"])


def newest() -> Operation:
    return db.session.scalars(db.select(Operation).order_by(Operation.id.desc()).limit(1)).one()


def test_39_maintenance_that_can_not_be_ended_is_said_of_a_change_that_is_done(app, omar):
    target = stage.target_named("production")
    ops(NO_END)
    operation = perform(ask(omar, maintenance="yes"))

    assert operation.state is OperationState.DONE
    assert operation.outcome.startswith(f"production is at {stage.HEAD}.")
    assert "Maintenance of production could not be ended: the disk quota" in operation.outcome
    assert running.due() == "verify", "its step is done with it"
    assert events("migration") == [("migration.started", "intent"), ("migration.finished", "done")]
    said = run_page(omar)
    assert "The change is committed. Its maintenance mode could not be ended" in said
    assert "leads back from here" not in said

    ops("DROP TRIGGER no_end")
    assert press(omar, "End maintenance of production").status_code == 303
    assert perform(newest()).is_done
    assert not in_maintenance(target)
    assert "End maintenance of production" not in run_page(omar)


@pytest.mark.parametrize("moment", ["commit", "committed"])
@pytest.mark.parametrize("whose", ["its own", "a person's"])
def test_39_a_kill_around_the_commit_ends_the_changes_own_maintenance_and_no_other(
    app, omar, moment, whose
):
    target = stage.target_named("production")
    if whose == "a person's":
        begin_maintenance(target, because="The evening", by=ANA)
    asked = ask(omar, maintenance="yes").id

    def change() -> None:
        moments.arm(moment, moments.kill, file="production.sqlite3")
        stage.carry_out(asked)

    os.waitpid(alone(change), 0)
    assert in_maintenance(target)
    reconcile_lost()

    is_done = moment == "committed"
    state = OperationState.DONE if is_done else OperationState.FAILED
    assert db.session.get_one(Operation, asked).state is state
    assert running.due() == ("verify" if is_done else "migrate")
    assert in_maintenance(target) is (whose == "a person's")


def test_39_what_ops_could_not_record_settles_its_step_as_soon_as_it_can(app, omar):
    ops(NO_USE)
    operation = perform(ask(omar))
    assert operation.state is OperationState.UNKNOWN, "neither refused nor failed"
    assert stage.revision(stage.target_named("production")) == stage.HEAD
    assert the_ticket().state is TicketState.APPROVED

    ops("DROP TRIGGER no_use")
    said = run_page(omar)
    assert "It was carried out." in said
    assert "leads back from here" not in said
    settle_now()
    assert running.due() == "verify"
    assert the_ticket().state is TicketState.USED


def settle_now() -> None:
    """The worker's look after its runs."""
    db.session.rollback()
    operation_listener.settle_by_proof()


LOST = {
    "its operation says refused": (
        "UPDATE operations SET state = 'refused' WHERE kind LIKE '%migrate'"
    ),
    "its operation is lost": "DELETE FROM operations WHERE kind LIKE '%migrate'",
}


def forget_the_step(how: str) -> None:
    ops("DELETE FROM operation_lines")
    ops(LOST[how])
    ops("UPDATE run_steps SET state = 'waiting', completed_at = NULL WHERE step_id = 'migrate'")


@pytest.mark.parametrize("how", list(LOST))
@pytest.mark.parametrize("who", ["a person", "the worker"])
def test_39_a_used_ticket_of_the_same_run_settles_its_step(app, omar, how, who):
    assert perform(ask(omar)).is_done
    forget_the_step(how)
    assert running.due() == "migrate"

    page = omar.page(f"/ops/runs/{the_run().id}")
    said = words(page)
    assert f"Production is at {stage.HEAD}, and its journal says that ticket T-0001" in said
    assert "leads back from here" not in said, "no restore over a good change"
    assert not page.find("button", string=lambda text: text and "Run again" in text)
    assert send(omar, "steps/migrate/operation").status_code == 409
    if who == "a person":
        assert send(omar, "steps/migrate/completion").status_code == 302
    else:
        settle_now()
    assert running.due() == "verify"
    assert events("step.settled") == [("step.settled", "done")]


NO_PROOF = {
    "a ticket of another run": "UPDATE tickets SET run = 'another'",
    "a plan of another run": "UPDATE plans SET run = 'another'",
    "a ticket that was not used": "UPDATE tickets SET state = 'void'",
    "a backup that was put back": """UPDATE tickets SET outcome = '{"returned": "yes"}'""",
}


@pytest.mark.parametrize("case", [*NO_PROOF, "another entry", "another revision", "no database"])
def test_39_nothing_else_settles_it(app, omar, case):
    target = stage.target_named("production")
    assert perform(ask(omar)).is_done
    forget_the_step("its operation says refused")
    if case in NO_PROOF:
        ops(NO_PROOF[case])
    elif case == "another entry":
        stage.execute(target, "UPDATE portal_journal SET plan = 'another'")
    elif case == "another revision":
        stage.execute(target, "UPDATE alembic_version SET version_num = '0001'")
    else:
        stage.file_at(target).rename(stage.file_at(target).with_name("away"))
    try:
        assert "It was carried out." not in run_page(omar)
        settle_now()
        assert running.due() == "migrate"
        assert send(omar, "steps/migrate/completion").status_code == 409
    finally:
        if case == "no database":
            stage.file_at(target).with_name("away").rename(stage.file_at(target))


def test_39_a_run_that_rolls_back_says_first_that_the_change_is_good(app, omar):
    assert perform(ask(omar)).is_done
    forget_the_step("its operation says refused")
    assert send(omar, "abort", reason="It says refused.").status_code == 302

    assert "To restore its backup would undo it" in run_page(omar)


@pytest.fixture
def unlookable(app, history):
    control_room(is_demo=True)
    write_revision(history, more=CANT_LOOK)
    return make_database("production", HEAD, studios=6)


def test_39_a_verification_that_can_not_look_undoes_nothing_and_is_asked_again(
    unlookable, omar, history
):
    ticket = approved(stage.start())
    operation = stage.operate("databases.migrate", run=ticket.run)

    assert operation.state is OperationState.DONE, operation.outcome
    assert "is committed and not yet verified: integer overflow" in operation.outcome
    assert stage.revision(unlookable) == EXPAND
    assert events("verification", "restore") == [("verification.unfinished", "failed")]
    assert change_not_rolled_back(unlookable) is None, "nobody knows that anything is wrong"
    assert "not yet verified" in run_page(omar)
    assert "not yet verified" in words(omar.page("/ops")), "home says it, with the way to the run"
    assert "not yet verified" in words(omar.page("/ops/databases"))
    assert omar.page("/ops/migrations").find("button", string="Verify change T-0001")

    assert press(omar, "Verify it again").status_code == 303
    assert not perform(newest()).is_done
    assert "not yet verified" in run_page(omar), "it still can't look"
    write_revision(history, more="verifications = []")
    press(omar, "Verify it again")
    assert perform(newest()).is_done, newest().outcome
    assert "not yet verified" not in run_page(omar)


def test_39_what_is_found_wrong_later_is_said_with_the_way_back_and_nothing_is_undone(
    unlookable, omar, history
):
    ticket = approved(stage.start())
    assert stage.operate("databases.migrate", run=ticket.run).is_done
    write_revision(history, more="verifications = [('it holds', 'SELECT 0')]")
    press(omar, "Verify it again")

    assert perform(newest()).state is OperationState.REFUSED
    assert stage.revision(unlookable) == EXPAND
    assert change_not_rolled_back(unlookable).number == ticket.number
    page = omar.page(f"/ops/runs/{the_run().id}")
    assert page.select_one(f'a[href="/ops/backups/{ticket.plan.backup.name}/restore"]')
