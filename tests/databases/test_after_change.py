"""After a verified change of production the worker takes a backup of the new state by itself."""

import logging

import pytest

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.changes.automatic_rollback import BACKUP_FAILED, RETURNED, UNVERIFIED
from portal.databases.tasks.after_change import back_up_new_states
from portal.databases.tasks.backup_after import keeping_of
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import perform
from tests.databases import running, stage
from tests.databases.running import confirm_twice, send, the_account, the_run, the_ticket
from tests.databases.scene import Scene
from tests.databases.test_committed import ops
from tests.support.cast import log_in
from tests.support.pages import words

NO_NOTE = (
    "CREATE TRIGGER no_note BEFORE UPDATE OF outcome ON tickets"
    " BEGIN SELECT RAISE(ABORT, 'the disk quota is exceeded'); END"
)
NO_ROW = (
    "CREATE TRIGGER no_row BEFORE INSERT ON backups"
    " BEGIN SELECT RAISE(ABORT, 'the disk quota is exceeded'); END"
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory, empty_ops) -> Scene:
    return Scene(tmp_path_factory.mktemp("after") / "data", empty_ops, at_the_verification)


@pytest.fixture
def settings(scene) -> Settings:
    return scene.put_back()


def at_the_verification() -> None:
    running.at_the_confirmation()
    assert stage.operate("databases.migrate", run=confirm_twice().run).is_done
    running._done("migrate")
    run = the_run()
    row = run.row("verify")
    row.due_at = run.started_at
    db.session.commit()


@pytest.fixture
def omar(app, client):
    log_in(client, the_account("omar"))
    return client


def verify(omar) -> None:
    assert send(omar, "steps/verify/operation").status_code == 302
    assert perform(db.session.get_one(Operation, the_run().due_row.operation_id)).is_done


def end(omar) -> None:
    assert send(omar, "steps/verify/completion", tick=["0", "1"]).status_code == 302


def asked() -> list[Operation]:
    db.session.rollback()
    found = db.session.query(Operation).filter(Operation.kind == "databases.backup")
    return [each for each in found if each.arguments.get("after")]


def page(omar):
    return omar.page(f"/ops/runs/{the_run().id}")


def test_it_is_asked_for_once_after_the_verification_and_its_state_is_said(app, omar):
    back_up_new_states()
    assert asked() == [], "nobody has verified it yet"
    verify(omar)
    end(omar)
    assert "A backup of the new state follows." in words(page(omar).find(id="keeping"))

    for _ in range(2):
        back_up_new_states()
    [operation] = asked()
    assert (operation.requested_by_name, operation.target) == ("Talkback", "production")
    waiting = page(omar).find(id="keeping")
    assert "A backup of the new state is queued. No worker is running" in words(waiting)
    assert waiting["hx-trigger"] == "every 2s"
    before = newest_backup("production")
    assert perform(operation).is_done

    taken = newest_backup("production")
    assert taken.name != before.name
    assert (taken.revision, taken.is_before_change) == (stage.HEAD, False)
    kept = page(omar).find(id="keeping")
    assert f"The new state is backed up and verified: {taken.name}." in words(kept)
    assert not kept.has_attr("hx-get")
    end_of_run = words(page(omar).select_one(".run-end.good"))
    assert f"Production is at {stage.HEAD}: " in end_of_run
    back_up_new_states()
    assert len(asked()) == 1


def test_what_asks_for_it_and_what_notes_that_are_one_transaction(app, omar, caplog):
    """So a worker that is killed in between asks again, and never twice."""
    verify(omar)
    ops(NO_NOTE)
    with caplog.at_level(logging.CRITICAL), pytest.raises(Exception, match="quota"):
        back_up_new_states()
    assert asked() == []
    ops("DROP TRIGGER no_note")
    back_up_new_states()
    assert len(asked()) == 1


def test_its_failure_is_an_alert_until_there_is_one_and_the_change_is_done(app, omar):
    verify(omar)
    end(omar)
    back_up_new_states()
    ops(NO_ROW)
    [operation] = asked()
    assert not perform(operation).is_done
    ops("DROP TRIGGER no_row")

    assert the_run().state == "done"
    said = "The state that it left is not backed up:"
    shown = page(omar)
    assert said in words(shown)
    assert "The new state is not backed up:" in words(shown.find(id="keeping"))
    assert shown.find("a", string="Back up production")["href"] == "/ops/backups"
    alert = "The state after change T-0001 of production is not backed up:"
    assert alert in words(omar.page("/ops"))
    back_up_new_states()
    assert len(asked()) == 1, "a person decides"

    assert stage.operate("databases.backup").is_done
    assert said not in words(page(omar))
    assert alert not in words(omar.page("/ops"))
    assert "is backed up and verified" in words(page(omar).find(id="keeping"))


@pytest.mark.parametrize("key", [RETURNED, UNVERIFIED])
def test_what_is_not_verified_or_was_rolled_back_is_not_backed_up_by_itself(app, omar, key):
    verify(omar)
    ticket = the_ticket()
    ticket.outcome = {**ticket.outcome, key: "yes"}
    db.session.commit()
    back_up_new_states()
    assert asked() == []


def test_a_change_that_a_restore_undid_is_not_backed_up_as_the_new_state(app, omar):
    verify(omar)
    stage.execute(stage.target_named("production"), "DELETE FROM portal_journal")
    back_up_new_states()
    assert asked() == []
    keeping = keeping_of(the_ticket())
    assert (keeping.state, keeping.is_open) == ("unknown", False)


def test_an_operation_whose_end_is_not_known_counts_as_failed(app, omar):
    verify(omar)
    back_up_new_states()
    [operation] = asked()
    operation.state, operation.outcome = OperationState.UNKNOWN, "It was cut short."
    db.session.commit()
    assert keeping_of(the_ticket()).state == "failed"
    assert BACKUP_FAILED not in the_ticket().outcome
