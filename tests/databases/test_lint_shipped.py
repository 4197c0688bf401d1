"""The linter on the directory's own history, and what a plan shows of it."""

from sqlalchemy import select

from portal.core.configuration.settings import ROOT
from portal.core.storage.database import db
from portal.databases.changes.models import Plan
from portal.databases.cli.change import described
from portal.databases.migrations.history import FOLDER, History
from portal.databases.migrations.lint import lint_history, lint_revisions
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import HEAD, LEGACY, operate
from tests.support.databases import CONSOLIDATED, make_database


def test_the_shipped_history_accounts_for_all_of_its_dangers():
    found = lint_revisions(map(History(FOLDER).revision, (LEGACY, HEAD)))

    assert found
    assert [each for each in found if not each.accepted] == []


def test_some_revisions_have_the_findings_that_the_whole_history_gives_them():
    shipped = History(FOLDER)
    some = [shipped.revision(each) for each in (LEGACY, CONSOLIDATED)]
    of_all = [each for each in lint_history() if each.revision in {LEGACY, CONSOLIDATED}]

    assert of_all
    assert lint_revisions(some) == of_all


def test_it_is_part_of_make_check():
    assert ",flask databases lint)\n" in (ROOT / "Makefile").read_text()


def test_findings_and_locks_are_part_of_the_plan_for_people(app, history):
    make_database("production", HEAD)
    write_revision(
        history,
        upgrade="op.create_index('ix_m', 'users', ['display_name'])",
        downgrade="op.drop_index('ix_m')",
    )
    backup = operate("databases.backup").result["backup"]
    seal = operate("databases.rehearse", backup=backup).result["seal"]
    said = described(db.session.scalars(select(Plan).where(Plan.seal == seal)).one())
    assert f"{EXPAND}_of_a_test.py:" in said
    assert "The index on users is not made CONCURRENTLY" in said
    assert "Lock on PostgreSQL: SHARE on users" in said
    assert "(expand, with a downgrade)" in said
    assert "Its author says why." in said
