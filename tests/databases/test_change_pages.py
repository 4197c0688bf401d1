"""The pages about migrations and backups, and the plan inside a run."""

import pytest
from sqlalchemy import select

from portal.core.storage.database import db
from portal.databases.changes.plan import void_plans
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform
from portal.runbooks.models import Run
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.pages import check_page, words


@pytest.fixture
def ops(client):
    log_in(client, make_account("omar"))
    return client


def operations(kind: str) -> list[Operation]:
    return list(db.session.scalars(select(Operation).where(Operation.kind == kind)))


def test_pending_changes_are_shown_in_their_authors_words(ops):
    stage.place("production")
    page = ops.page("/ops/migrations")

    assert "Consolidate user_profiles and studios" in words(page)
    assert "Nothing is deleted" in words(page)
    assert "PRODUCTION" in words(page.select_one(".band-production"))


def test_nothing_pending_is_said(ops):
    stage.place("development")
    stage.operate("databases.migrate", target="development")

    assert "nothing pending" in words(ops.page("/ops/migrations"))


def test_starting_a_change_of_production_opens_a_run(ops):
    stage.place("production")
    answer = ops.post("/ops/migrations/production/runs", data={"reason": "release 12"})

    run = db.session.scalars(select(Run)).one()
    assert answer.location.endswith(f"/ops/runs/{run.id}#due")
    assert run.inputs == {"target": "production", "reason": "release 12", "maintenance": "no"}
    assert stage.revision(stage.target_named("production")) == stage.LEGACY


def test_an_open_run_is_continued_and_no_second_one_begins(ops):
    stage.place("production")
    for _ in range(2):
        answer = ops.post("/ops/migrations/production/runs", data={"reason": "release 12"})

    run = db.session.scalars(select(Run)).one()
    assert answer.location.endswith(f"/ops/runs/{run.id}#due")
    assert "Continue the change" in words(ops.page("/ops/migrations"))


def test_a_run_needs_its_reason(ops):
    stage.place("production")

    assert ops.post("/ops/migrations/production/runs").status_code == 422
    assert not db.session.scalars(select(Run)).all()


def test_development_is_migrated_with_one_click(ops):
    target = stage.place("development")
    assert "Migrate development to" in words(ops.page("/ops/migrations"))

    ops.post("/ops/migrations/development/operations")
    [operation] = operations("databases.migrate")
    perform(operation)

    assert stage.revision(target) == stage.HEAD


def test_production_is_not_migrated_with_one_click(ops):
    stage.place("production")

    assert ops.post("/ops/migrations/production/operations").status_code == 409
    assert operations("databases.migrate") == []


def test_a_second_click_does_nothing(ops):
    stage.place("development")
    ops.post("/ops/migrations/development/operations")

    assert ops.post("/ops/migrations/development/operations").status_code == 409
    assert len(operations("databases.migrate")) == 1


def test_a_target_that_does_not_fit_is_named_and_offers_nothing(ops):
    target = stage.place("production")
    stage.execute(target, "DELETE FROM portal_identity")
    page = ops.page("/ops/migrations")

    assert page.select_one(".notice.bad")
    assert "NOT IDENTIFIED" in words(page)
    assert not page.find("button", string="Start the change")


def test_an_unknown_target_is_not_found(ops):
    assert ops.post("/ops/migrations/mistyped/runs").status_code == 404


@pytest.mark.parametrize("path", ["/ops/migrations", "/ops/backups"])
def test_a_stranger_logs_in_first(client, path):
    assert "/ops/login" in client.get(path).location


@pytest.mark.parametrize("path", ["/ops/migrations", "/ops/backups"])
def test_a_client_sees_nothing(client, path):
    log_in(client, make_account("cleo"))
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "path", ["/ops/migrations/production/runs", "/ops/migrations/development/operations"]
)
def test_nothing_is_changed_by_get(ops, path):
    assert ops.get(path).status_code == 405


def test_a_backup_is_asked_for_and_listed_as_proven(ops):
    stage.place("production")
    assert "No backup of production yet" in words(ops.page("/ops/backups"))

    ops.post("/ops/backups", data={"target": "production", "reason": "before the weekend"})
    [operation] = operations("databases.backup")
    perform(operation)
    page = ops.page("/ops/backups")

    assert "before the weekend" in words(page.table)
    assert page.select_one("table .badge-done")
    assert "verified" in words(page.table)


def test_a_damaged_backup_is_not_shown_as_proven(ops, settings):
    stage.place("production")
    stage.operate("databases.backup")
    [file] = (settings.data / "backups").glob("*.sqlite3")
    file.write_bytes(file.read_bytes()[:5000])

    assert "damaged here" in words(ops.page("/ops/backups").table)


def test_a_reason_has_an_end(ops):
    stage.place("production")

    data = {"target": "production", "reason": "x" * 301}
    answer = ops.post("/ops/backups", data=data)
    assert answer.status_code == 422
    field = check_page(answer.text).find(id="reason-production")
    assert field["value"] == "x" * 301
    assert field["aria-describedby"] == "reason-production-error"


class Walk:
    """Follow one run through its pages."""

    def __init__(self, client, run_id: int) -> None:
        self.client, self.run_id = client, run_id

    @property
    def run(self) -> Run:
        db.session.expire_all()
        return db.session.get_one(Run, self.run_id)

    @property
    def due(self) -> str:
        return self.run.due_row.step_id if self.run.due_row else ""

    def page(self):
        return self.client.page(f"/ops/runs/{self.run_id}")

    def act(self, place: str, **data: object):
        version = str(self.run.version)
        path = f"/ops/runs/{self.run_id}/steps/{self.due}/{place}"
        return self.client.post(path, data={"version": version, "note": "", **data})

    def run_action(self, step: str) -> None:
        assert self.due == step
        self.act("operation")
        operation = db.session.scalars(select(Operation).order_by(Operation.id.desc())).first()
        done = perform(operation)
        assert done.is_done, done.outcome

    def carry_out(self, step: str) -> None:
        self.run_action(step)
        if self.due == step:
            boxes = self.page().select("input[name=tick]")
            answer = self.act("completion", tick=[box["value"] for box in boxes])
            assert answer.status_code in {302, 303}, words(
                check_page(answer.text).select_one(".notice")
            )


def test_a_plan_that_became_void_says_what_to_do(client):
    stage.place("production")
    log_in(client, make_account("ana"))
    client.post("/ops/migrations/production/runs", data={"reason": "release 12"})
    walk = Walk(client, db.session.scalars(select(Run)).one().id)
    for step in ("check", "backup"):
        walk.carry_out(step)
    walk.run_action("rehearse")
    middle = walk.page().select(".plan-evidence, input[name=tick]")
    assert [each.name for each in middle] == ["div", "input", "input"], "measured, then ticked"
    rows = middle[0].select("tbody tr")
    assert rows
    assert all(row.select_one("th[scope=row]") for row in rows)
    walk.act("completion", tick=["0", "1"])
    void_plans("production", because="The database was restored.", by=stage.ANA)
    db.session.commit()

    assert "Abort this run, then start the change again" in words(walk.page().main)
    answer = walk.act("stages/phrase", **{"stage-phrase": "MIGRATE PRODUCTION"})
    assert answer.status_code == 409
