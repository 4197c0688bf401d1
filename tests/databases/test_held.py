"""38: ending a safety state that a running change holds is 409, audited, and says who holds it."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance, in_maintenance
from portal.databases.policies.models import Window
from portal.databases.policies.windows import require_windows, schedule_window
from portal.jobs.leases.holder import LeaseHolder
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform
from tests.databases import running, stage
from tests.databases.running import confirm_twice, entries, send, the_account, the_run, the_ticket
from tests.databases.scene import Scene
from tests.databases.stage import ANA
from tests.faults import moments
from tests.faults.forks import alone
from tests.support.cast import log_in
from tests.support.pages import check_page, words


@pytest.fixture(scope="module")
def scene(tmp_path_factory, empty_ops) -> Scene:
    return Scene(tmp_path_factory.mktemp("held") / "data", empty_ops, at_the_change)


@pytest.fixture
def settings(scene) -> Settings:
    return scene.put_back()


def at_the_change() -> None:
    running.at_the_confirmation()
    confirm_twice()


def silent_process(settings) -> str:
    """One that serves the new form, and says nothing any more."""
    holder = LeaseHolder(settings.ops_url, "web", "production", [stage.LEGACY, stage.HEAD])
    holder.renew()
    return holder.uuid


def held_by(client, path: str, **data: str) -> str:
    answer = client.post(path, data=data)
    assert answer.status_code == 409, (path, answer.status_code)
    return words(check_page(answer.text))


def test_38_ending_what_a_running_change_holds_is_409(app, client, settings, tmp_path):
    target = stage.target_named("production")
    begin_maintenance(target, because="The evening", by=ANA)
    hours = {"starts_at": now() - timedelta(hours=1), "ends_at": now() + timedelta(hours=1)}
    number = schedule_window(target, summary="The evening", by=ANA, **hours).id
    require_windows(target, required=True, by=ANA)
    db.session.commit()
    lease = silent_process(settings)
    log_in(client, the_account("omar"))
    assert send(client, "steps/migrate/operation").status_code == 302
    asked, backup = the_run().due_row.operation_id, the_ticket().plan.backup.name
    assert stage.operate("databases.compare", backup=backup).is_done
    log_in(client, the_account("ana"))

    def change() -> None:
        moments.arm("commit", moments.wait_in(tmp_path), file="production.sqlite3")
        stage.carry_out(asked)

    child = alone(change)
    try:
        moments.wait_until(tmp_path / "reached", seconds=30)
        database = "/ops/databases/production"
        taken = {
            "maintenance.ended": (f"{database}/maintenance/end", {}),
            "window.withdrawn": (f"/ops/windows/{number}/withdrawal", {}),
            "window.rule-changed": (f"{database}/windows/rule", {"required": "no"}),
            "process.declared-dead": (f"{database}/processes/{lease}/death", {"reason": "x"}),
            "drift.accepted": (f"{database}/drift/acceptance", {"reason": "x"}),
            "drift.withdrawn": (f"{database}/drift/acceptance/1/withdrawal", {}),
            "operation.started": (
                f"/ops/backups/{backup}/restores",
                {"text": "RESTORE PRODUCTION"},
            ),
        }
        for action, (path, data) in taken.items():
            said = held_by(client, path, **data)
            assert "“Carry out the change”, asked for by Omar, has been running since" in said
            assert "Wait until" in said
            assert len(entries(action, "refused")) == 1, action
        log_in(client, the_account("omar"))
        answer = send(client, "abort", reason="Not now.")
        assert answer.status_code == 409
        assert "asked for by Omar" in words(check_page(answer.text))
        refused = stage.operate("databases.maintenance", by=ANA, on=False)
        assert "can't be ended while a change holds it: run 1" in refused.outcome
    finally:
        db.session.rollback()  # the other process wants to write
        (tmp_path / "go").touch()
        os.waitpid(child, 0)

    assert running.due() == "verify", "the change is done, and its step with it"
    assert in_maintenance(target), "a person's maintenance stays a person's"
    assert db.session.scalars(select(Window)).one().is_open
    client.post(f"{database}/maintenance/end")
    last = select(Operation).order_by(Operation.id.desc()).limit(1)
    assert perform(db.session.scalars(last).one()).is_done


def test_38_what_a_dead_process_held_can_be_ended(app, client, tmp_path):
    target = stage.target_named("production")
    begin_maintenance(target, because="The evening", by=ANA)
    run = the_ticket().run

    def change() -> None:
        moments.arm("commit", moments.kill, file="production.sqlite3")
        stage.operate("databases.migrate", run=run)

    os.waitpid(alone(change), 0)
    assert db.session.scalars(select(Operation.state).order_by(Operation.id.desc())).first() == (
        "running"
    )
    assert stage.operate("databases.maintenance", by=ANA, on=False).is_done
    assert not in_maintenance(target)


def test_38_a_change_that_finds_its_maintenance_half_ended_begins_nothing(app):
    """The directory was told first, and the record is still to be written."""
    target = stage.target_named("production")
    begin_maintenance(target, because="The evening", by=ANA)
    stage.execute(target, "DELETE FROM portal_maintenance")
    operation = stage.operate("databases.migrate", run=the_ticket().run)

    assert "the directory does not know it" in operation.outcome
    assert stage.revision(target) == stage.LEGACY
