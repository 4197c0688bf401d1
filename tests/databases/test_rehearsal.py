from pathlib import Path

import pytest

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.files import file_of
from portal.databases.changes.models import Plan
from portal.databases.changes.plan import plan_of_run, seal_of
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.revising import write_revision
from tests.databases.scene import Scene
from tests.databases.stage import rehearsed
from tests.databases.test_sqlite_copy import damage
from tests.support.databases import HEAD, make_database

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Scene:
    """Production with its change rehearsed."""
    return Scene(tmp_path_factory.mktemp("rehearsed") / "data", empty_ops, rehearse_production)


def rehearse_production() -> None:
    stage.place()
    rehearsed("run-1")


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if "plan" in request.fixturenames:
        prepared: Scene = request.getfixturevalue("scene")
        return prepared.put_back()
    return settings


@pytest.fixture
def plan(app) -> Plan:
    """What was rehearsed in the scene."""
    found = plan_of_run("run-1")
    assert found
    return found


def test_a_rehearsal_measures_the_change_and_leaves_the_target_alone():
    target = stage.place()
    before = stage.content(target)

    plan = rehearsed()

    assert (plan.from_revision, plan.to_revision) == (stage.LEGACY, stage.HEAD)
    assert plan.rehearsal_seconds > 0
    assert stage.content(target) == before
    assert stage.revision(target) == stage.LEGACY


def test_the_sql_that_changes_something_is_kept(plan):
    statements = plan.statements

    assert any(each.startswith("ALTER TABLE studios RENAME") for each in statements)
    assert any(each.startswith("UPDATE studio_profiles") for each in statements)
    assert not any(each.startswith(("SELECT", "EXPLAIN", "WITH")) for each in statements)
    assert {each for each in statements if "PRAGMA" in each} == {"PRAGMA legacy_alter_table = OFF"}


STATEMENTS = [
    "WITH x AS (SELECT 1) DELETE FROM review_responses WHERE id IN x",
    "/* c */ UPDATE users SET display_name = 'x' WHERE id = 1",
    "PRAGMA user_version = 7",
    "-- only looks\nINSERT INTO mottos (id) VALUES (1)",
    "SAVEPOINT here",
    "EXPLAIN DELETE FROM users",
    "SELECT count(*), 'DELETE FROM users' FROM users",
    "PRAGMA table_info(users)",
]


def test_the_plan_shows_what_is_not_proven_to_be_a_read_in_its_order(history):
    """A CTE, a comment or a PRAGMA in front hides nothing from those who approve."""
    make_database("production", HEAD, studios=6)
    made = "CREATE TABLE mottos (id INTEGER)"
    write_revision(
        history,
        upgrade="\n".join(f"op.execute({each!r})" for each in (made, *STATEMENTS)),
        downgrade="raise NotImplementedError",
    )
    plan = rehearsed()

    shown = [each for each in plan.statements if "alembic_version" not in each]
    assert shown == [made, *STATEMENTS[:5]]


def test_the_promises_are_kept_with_their_values(plan):
    promises = {each["words"]: each for each in plan.invariants}

    listed = promises["the same studios are listed"]
    assert listed["before"] == listed["after"]
    assert int(listed["before"]) > 0
    assert all(each["holds"] for each in promises.values())


def test_rows_are_counted_before_and_after(plan):
    counts = plan.counts

    assert counts["before"]["studios"] == 30
    assert "studios" not in counts["after"]
    assert counts["after"]["studio_profiles"] == 32
    assert counts["before"]["reviews"] == counts["after"]["reviews"]


def test_the_way_back_was_tried(plan):
    assert "every row as before" in plan.way_back


def test_a_contract_is_warned_of(plan):
    assert any("earlier releases" in warning for warning in plan.warnings)


def test_the_seal_is_over_what_is_stored(plan):
    assert plan.seal == seal_of(plan)

    plan.statements = [*plan.statements, "DROP TABLE users"]
    assert plan.seal != seal_of(plan)


def test_data_that_cannot_be_changed_is_named():
    target = stage.place()
    stage.execute(target, "UPDATE studios SET owner_id = 1 WHERE id IN (3, 4)")
    stage.operate("databases.backup", run="run-1")

    operation = stage.operate("databases.rehearse", run="run-1")

    assert operation.state is OperationState.REFUSED
    assert "owns" in operation.outcome
    assert plan_of_run("run-1") is None


def test_a_run_without_a_backup_has_nothing_to_rehearse_on():
    stage.place()
    stage.operate("databases.backup", run="another run")

    operation = stage.operate("databases.rehearse", run="run-1")

    assert operation.state is OperationState.REFUSED
    assert "no verified backup" in operation.outcome


def test_a_damaged_backup_is_not_rehearsed_on():
    stage.place()
    name = stage.operate("databases.backup", run="run-1").result["backup"]
    damage(file_of(backup_named(name)), "flipped")

    assert stage.operate("databases.rehearse", run="run-1").state is OperationState.REFUSED


def test_a_backup_of_another_revision_is_not_rehearsed_on():
    target = stage.place()
    stage.operate("databases.backup", run="run-1")
    stage.execute(target, f"UPDATE alembic_version SET version_num = '{stage.HEAD}'")

    operation = stage.operate("databases.rehearse", run="run-1")

    assert operation.state is OperationState.REFUSED
    assert "moved on" in operation.outcome


def test_scratch_is_wiped_afterwards(settings, plan):
    assert list((settings.data / "scratch").iterdir()) == []


def test_what_a_killed_rehearsal_left_is_wiped_by_the_next(settings):
    stage.place()
    left = settings.data / "scratch" / "copy-dead"
    left.mkdir(parents=True)
    (left / "lock").touch()
    stage.make_old(left)
    rehearsed()

    assert not left.exists()


def test_a_new_plan_voids_the_one_before(plan):
    rehearsed()
    db.session.refresh(plan)

    assert plan.voided_because == "A new plan was locked."
    assert not plan.is_open
