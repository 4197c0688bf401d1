"""What changes between approval and change, and what goes wrong while it runs."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from portal.core.storage.database import db
from portal.databases.migrations import history as revisions
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.stage import ANA, EVA, approved, rehearsed
from tests.databases.test_migrate import migrate
from tests.faults import moments
from tests.faults.forks import alone

pytestmark = pytest.mark.usefixtures("app")

REBUILD = f'''
"""Rebuild a table that others refer to with ON DELETE CASCADE."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "rebuild", "{stage.HEAD}", None, None
phase = "expand"

def upgrade():
    with op.batch_alter_table("studio_profiles", recreate="always") as batch:
        batch.add_column(sa.Column("motto", sa.String(80)))

def downgrade():
    raise NotImplementedError
'''
LOSING = f'''
"""Lose rows."""
from alembic import op
revision, down_revision, branch_labels, depends_on = "losing", "{stage.HEAD}", None, None
phase = "expand"

def upgrade():
    op.execute("DELETE FROM studio_images")

def downgrade():
    pass
'''


@pytest.fixture
def history(tmp_path, monkeypatch) -> Path:
    """The directory's history in a folder of its own, that a test may add to and edit."""
    copy = tmp_path / "history"
    shutil.copytree(revisions.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(revisions, "FOLDER", copy)
    return copy / "versions"


def test_a_revision_file_edited_after_the_approval_voids_it(ticket, history):
    target = stage.target_named("production")
    before = stage.content(target)
    [file] = history.glob("d2f8*.py")
    file.write_text(file.read_text() + "\n# one more line\n")

    operation = migrate(ticket.run)

    assert operation.state is OperationState.REFUSED
    assert "file was edited" in operation.outcome
    assert stage.content(target) == before


def test_a_rebuild_of_a_table_keeps_its_cascading_children(history):
    target = stage.place()
    (history / "rebuild.py").write_text(REBUILD)
    before = stage.content(target).counts

    ticket = approved(stage.start(), why="No number of a studio is kept anywhere else.")
    operation = migrate(ticket.run)

    assert operation.is_done, operation.outcome
    after = stage.content(target).counts
    assert stage.revision(target) == "rebuild"
    assert before["studio_images"] > 0
    for child in ("studio_images", "studio_services", "studio_studio_types", "reviews"):
        assert after[child] == before[child]


def test_a_plan_without_a_way_back_says_so(history):
    stage.place(studios=6)
    (history / "rebuild.py").write_text(REBUILD)
    plan = rehearsed(stage.start())

    assert "downgrade is not possible" in plan.way_back
    assert plan.way_back in plan.warnings


def test_a_plan_warns_of_a_table_that_loses_rows(history):
    stage.place()
    (history / "losing.py").write_text(LOSING)

    warnings = rehearsed(stage.start()).warnings
    assert any(each.startswith("studio_images loses") for each in warnings)


def test_a_full_disk_in_the_middle_leaves_all_as_it_was():
    target = stage.place(studios=100)
    ticket = approved(stage.start())
    run, before = ticket.run, stage.content(target)

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        file = connection.execute("PRAGMA database_list").fetchone()[2]
        if file.endswith("production.sqlite3"):
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages + 1}")

    event.listen(Pool, "connect", limit)
    try:
        operation = migrate(run)
    finally:
        event.remove(Pool, "connect", limit)

    assert operation.state is OperationState.FAILED
    assert "full" in operation.outcome
    assert "othing was changed" in operation.outcome
    assert stage.content(target) == before
    assert migrate(run).is_done


def test_of_two_admins_with_one_plan_one_applies_and_the_other_is_refused(ticket, tmp_path):
    target = stage.target_named("production")
    run = ticket.run
    first, second = (
        request_operation("databases.migrate", by=by, target="production", subject=run)
        for by in (ANA, EVA)
    )
    db.session.commit()
    ids = first.id, second.id

    def slow() -> None:
        moments.arm("commit", moments.wait_in(tmp_path), file="production.sqlite3")
        stage.carry_out(ids[0])

    one = alone(slow)
    moments.wait_until(tmp_path / "reached")
    told = stage.carry_out_whole(ids[1])
    (tmp_path / "go").touch()
    assert os.waitpid(one, 0)[1] == 0

    first = db.session.get_one(Operation, ids[0], populate_existing=True)
    assert first.is_done, first.outcome
    assert told.startswith("“Carry out the change”, asked for by ana, has been running since")
    again = migrate(run)
    assert again.state is OperationState.REFUSED
    assert "was carried out already" in again.outcome
    assert stage.revision(target) == stage.HEAD
