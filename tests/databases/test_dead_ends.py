"""Where people came to a halt: each way out is on the page, in the step or the command itself."""

import pytest
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.backups.models import Backup
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Lease, LeaseKind, Operation
from portal.runbooks.models import Run, RunState
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.pages import words


@pytest.fixture
def ana(client):
    log_in(client, make_account("ana"))
    return Browser(client)


class Browser:
    """Each request finds no transaction of the test's own."""

    def __init__(self, client) -> None:
        self.client = client

    def page(self, address: str):
        db.session.rollback()
        return self.client.page(address)

    def post(self, address: str, **more):
        db.session.rollback()
        return self.client.post(address, **more)


def newest(kind: str) -> Operation:
    db.session.rollback()
    query = select(Operation).where(Operation.kind == kind).order_by(Operation.id.desc())
    return db.session.scalars(query).first()


def carry_out(kind: str) -> Operation:
    number = newest(kind).id
    db.session.rollback()
    stage.carry_out(number)
    return newest(kind)


def press(client, run: int, step: str) -> None:
    """The button of the step, as its page shows it."""
    version = client.page(f"/ops/runs/{run}").select_one("#step-form [name=version]")["value"]
    answer = client.post(f"/ops/runs/{run}/steps/{step}/operation", data={"version": version})
    assert answer.status_code in {302, 303}, answer.text


def test_after_rows_are_corrected_the_same_step_takes_a_new_backup(ana):
    """The refused one was rehearsed on a backup that will always have these rows."""
    target = stage.place(studios=6)
    stage.execute(target, "UPDATE studios SET owner_id = 3 WHERE id = 2")
    ana.post("/ops/migrations/production/runs", data={"reason": "release 12"})
    run = db.session.scalars(select(Run.id)).one()
    for step in ("check", "backup", "rehearse"):
        press(ana, run, step)
        ended = carry_out(f"databases.{step}")
    assert "owns 2 studios" in ended.outcome
    assert "a new backup, then the rehearsal" in words(ana.page(f"/ops/runs/{run}"))

    stage.execute(target, "UPDATE studios SET owner_id = 2 WHERE id = 2")
    press(ana, run, "rehearse")
    ended = carry_out("databases.rehearse")

    assert ended.is_done, ended.outcome
    backups = db.session.scalars(select(Backup).order_by(Backup.id)).all()
    assert [each.run for each in backups] == [ended.subject] * 2


@pytest.fixture
def changed(ana):
    """A change by a run that is still open, and a process that can serve its revision alone."""
    target = stage.place(studios=6)
    ticket = stage.approved(stage.start())
    name, run = ticket.plan.backup.name, ticket.run
    assert stage.operate("databases.migrate", run=run).is_done
    at = now()
    db.session.add(
        Lease(uuid="a-site", kind=LeaseKind.WEB, environment="production", release="new",
              serves=[stage.HEAD], host="away", pid=7, started_at=at, renewed_at=at, expires_at=at)
    )  # fmt: skip
    db.session.commit()
    return target, name, run


def test_an_older_schema_is_restored_in_the_browser_and_its_run_is_closed(ana, changed):
    target, name, run = changed
    page = ana.page(f"/ops/backups/{name}/restore")
    form = page.select_one("form[action$='/production/maintenance']")
    assert "web process 7 on away" in words(form.parent)
    back = form.select_one("[name=backup]")["value"]
    assert back == name

    answer = ana.post(form["action"], data={"backup": back, "reason": "Rolling back."})
    assert answer.location.endswith(f"/ops/backups/{name}/restore")
    assert "is being switched" in words(ana.page(answer.location))
    assert carry_out("databases.maintenance").is_done
    page = ana.page(answer.location)
    assert "So the restore waits for no process" in words(page)

    ana.post(f"/ops/backups/{name}/comparisons")
    carry_out("databases.compare")
    ana.post(f"/ops/backups/{name}/restores", data={"text": "RESTORE PRODUCTION"})
    ended = carry_out("databases.restore")
    assert ended.is_done, ended.outcome
    assert stage.revision(target) == stage.LEGACY
    closed = db.session.scalars(select(Run).where(Run.uuid == run)).one()
    assert closed.state is RunState.ABORTED
    assert f"run {closed.id}" in ended.outcome
    assert "is undone" in closed.abort_reason
    db.session.rollback()
    assert "Review the change" not in words(ana.page(f"/ops/runs/{closed.id}"))

    end = ana.page(answer.location).select_one(
        "form[action$='/maintenance/end']:has([name=backup])"
    )
    assert end.select_one("[name=backup]")["value"] == name
    answer = ana.post(end["action"], data={"backup": name})
    assert answer.location.endswith(f"/ops/backups/{name}/restore")
    assert carry_out("databases.maintenance").is_done
    assert not registered_target("production").is_in_maintenance


def test_a_restore_that_keeps_the_change_closes_no_run(ana, changed):
    _, _, run = changed
    db.session.execute(Lease.__table__.delete())
    taken = stage.operate("databases.backup").result["backup"]
    ended = stage.operate(
        "databases.restore", by=stage.ANA, backup=taken, text="RESTORE PRODUCTION"
    )
    assert ended.is_done, ended.outcome
    assert db.session.scalars(select(Run).where(Run.uuid == run)).one().is_open


@pytest.mark.parametrize("backup", ["production-nothing", "../../ops/login", "//evil.example"])
def test_the_way_back_leads_to_a_restore_alone(ana, backup):
    stage.place(studios=6)
    data = {"backup": backup, "reason": "Because."}
    answer = ana.post("/ops/databases/production/maintenance", data=data)
    assert answer.status_code == 404
    assert "evil" not in (answer.location or "")
    assert newest("databases.maintenance") is None


def test_a_backup_that_is_put_where_there_is_no_database_closes_it_too(ana, changed):
    target, name, run = changed
    stage.file_at(target).unlink()
    ended = stage.operate("databases.place", by=stage.ANA, backup=name, text="RESTORE PRODUCTION")
    assert ended.is_done, ended.outcome
    assert "so it is closed: run" in ended.outcome
    assert not db.session.scalars(select(Run).where(Run.uuid == run)).one().is_open
