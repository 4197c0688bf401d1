"""Drift: a schema changed by hand stops plan and change until an admin accepts it."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Forbidden, Invalid, Refused
from portal.core.storage.database import db
from portal.databases.changes.execution.migrate import migrate_development, migrate_production
from portal.databases.policies.drift import accept_drift, require_no_drift
from portal.databases.targets.registry import registered_target
from portal.jobs.models import OperationLine
from portal.jobs.operations.progress import Quiet
from tests.databases import stage
from tests.databases.stage import ANA, OMAR
from tests.support.cast import log_in, make_account
from tests.support.databases import change_by_hand
from tests.support.pages import words

BY_HAND = (
    "CREATE TABLE by_hand (id)",
    "DROP INDEX ix_studios_owner_id",
    "ALTER TABLE users ADD COLUMN motto VARCHAR(80)",
)


@pytest.fixture
def drifted(room):
    change_by_hand(room.production_file, *BY_HAND)
    return room.production


def test_each_object_is_named(drifted):
    with pytest.raises(Refused) as refused:
        require_no_drift(drifted)

    assert "table by_hand was added" in refused.value.sentence
    assert "index ix_studios_owner_id was dropped" in refused.value.sentence
    assert "table users was changed" in refused.value.sentence
    assert "accept-drift production" in refused.value.remedy


def test_neither_plan_nor_change_goes_past_it(drifted, room):
    change_by_hand(
        room.development_file, "CREATE TRIGGER t AFTER DELETE ON users BEGIN SELECT 1; END"
    )
    backup = stage.operate("databases.backup").result["backup"]
    plan = stage.operate("databases.rehearse", backup=backup)
    change = stage.operate("databases.migrate", target="development")

    check = stage.operate("databases.check")
    assert check.is_done
    assert any("changed by hand" in line for line in lines_of(check))
    assert "changed by hand" in plan.outcome
    assert "trigger t was added" in change.outcome
    begun = select(AuditEntry).where(AuditEntry.action == "migration.started")
    assert db.session.scalars(begun).all() == [], "it was not even begun"


class HandIn(Quiet):
    """Somebody changes the schema between a change's first look and its lock."""

    def step(self, title: str):
        name = title.rsplit(maxsplit=1)[-1]
        stage.execute(stage.target_named(name), "CREATE TABLE late (id INTEGER)")
        return super().step(title)


def test_a_change_looks_again_under_its_lock(app):
    """Development has no ticket whose plan would tell."""
    target = stage.place("development", studios=3)

    with pytest.raises(Refused, match="changed by hand since the last change: table late was"):
        migrate_development(target, HandIn(), key="by-hand", by=OMAR)
    assert stage.revision(target) == stage.LEGACY


def test_a_change_of_production_looks_again_under_its_lock(ticket):
    target, before = stage.target_named("production"), stage.LEGACY

    with pytest.raises(Refused, match="changed by hand since the last change: table late was"):
        migrate_production(ticket, HandIn(), by=OMAR)
    assert stage.revision(target) == before


def lines_of(operation):
    query = select(OperationLine.text).where(OperationLine.operation_id == operation.id)
    return db.session.scalars(query).all()


def test_rows_the_guards_own_tables_and_statistics_are_no_drift(room):
    change_by_hand(
        room.production_file,
        "UPDATE users SET display_name = 'x'",
        "ANALYZE",
        "CREATE TABLE portal_more (id)",
    )
    require_no_drift(room.production)


def test_a_record_without_objects_still_refuses(drifted):
    registered_target("production").schema_objects = None

    with pytest.raises(Refused, match="what exactly was not recorded"):
        require_no_drift(drifted)


def test_only_an_admin_accepts_it_and_the_reason_is_kept(drifted):
    with pytest.raises(Forbidden):
        accept_drift(drifted, reason="I know", by=OMAR)
    for no_reason in ("", " \n", "x" * 501):
        with pytest.raises(Invalid, match="Say why"):
            accept_drift(drifted, reason=no_reason, by=ANA)
    accept_drift(drifted, reason="An index was too large", by=ANA)
    db.session.commit()

    require_no_drift(drifted)
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "drift.accepted")
    ).one()
    assert "index ix_studios_owner_id was dropped" in entry.canonical
    assert "An index was too large" in entry.canonical
    with pytest.raises(Conflict):
        accept_drift(drifted, reason="Again", by=ANA)


def test_the_schema_of_another_database_is_not_accepted(drifted, room):
    change_by_hand(room.production_file, "UPDATE portal_identity SET environment = 'development'")

    with pytest.raises(Refused, match="altered"):
        accept_drift(drifted, reason="An index was too large", by=ANA)
    assert registered_target("production").schema_digest


def test_the_page_shows_the_difference_and_an_admin_accepts_it(drifted, client):
    log_in(client, make_account("omar"))
    page = client.page("/ops/databases")
    assert "CREATE TABLE by_hand" in words(page)
    assert not page.find("button", string="Accept the schema as it is")
    path = "/ops/databases/production/drift/acceptance"
    assert client.post(path, data={"reason": "mine"}).status_code == 403

    log_in(client, make_account("ana"))
    assert client.post(path).status_code == 422
    client.post(path, data={"reason": "An index was too large"})
    assert "CREATE TABLE by_hand" not in words(client.page("/ops/databases"))


def test_an_admin_withdraws_an_acceptance_and_it_is_drift_again(drifted, room, client):
    """Until it is undone by hand: the record is the one of before."""
    log_in(client, make_account("omar"))
    accept_drift(drifted, reason="An index was too large", by=ANA)
    db.session.commit()
    require_no_drift(drifted)
    state = client.page("/ops/databases").select_one(".states .state")
    assert "is accepted" in words(state)
    assert not state.form
    number = int(state.a["href"].rpartition("/")[2])
    path = f"/ops/databases/production/drift/acceptance/{number}/withdrawal"
    assert client.post(path).status_code == 403

    log_in(client, make_account("ana"))
    assert client.page("/ops/databases").select_one(".states form")["action"] == path
    assert client.post(path.replace("production", "development")).status_code == 409
    assert client.post(path).status_code == 303
    with pytest.raises(Refused, match="changed by hand"):
        require_no_drift(drifted)
    assert client.post(path).status_code == 409, "it has ended"
    assert not client.page("/ops/databases").select(".states .state")
    entry = db.session.scalars(
        select(AuditEntry).where(
            AuditEntry.action == "drift.withdrawn", AuditEntry.outcome == "done"
        )
    ).one()
    assert (entry.target, entry.actor_role) == ("production", "admin")
    index = "CREATE INDEX ix_studios_owner_id ON studios (owner_id)"
    column = "ALTER TABLE users DROP COLUMN motto"
    change_by_hand(room.production_file, "DROP TABLE by_hand", column, index)
    require_no_drift(drifted)
