"""Plain `alembic` in the newsletter's checkout: the database says what it is, and is obeyed."""

import subprocess
import sys

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.policies.drift import drift_of
from portal.databases.targets.registry import registered_target
from tests.databases import stage
from tests.support.commands import ROOT


def refusals():
    db.session.rollback()
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "migration.refused"))
    return [(row.outcome.value, row.target) for row in rows]


@pytest.mark.parametrize("words", ["upgrade head", "downgrade base", "stamp head"])
def test_production_is_refused_by_whatever_address_it_is_reached(production, newsletter, words):
    before = stage.content(production).digest
    ended = newsletter.alembic(*words.split(), database=newsletter.production_file)

    assert ended.code != 0
    assert "says it is newsletter/production" in ended.sentence
    assert ended.sentence.endswith("flask databases migrate newsletter/production")
    assert stage.content(production).digest == before
    assert refusals() == [("refused", "newsletter/production")]


def test_where_no_control_room_answers_it_is_refused_all_the_same(production, newsletter, tmp_path):
    ended = newsletter.alembic(
        "upgrade", "head", database=newsletter.production_file, data=tmp_path / "nowhere"
    )

    assert ended.code != 0
    assert "Not recorded" in ended.sentence
    assert stage.revision(production) == "n0001"
    assert not (tmp_path / "nowhere").exists()


def test_what_only_reads_is_let_through(production, newsletter):
    ended = newsletter.alembic("current", database=newsletter.production_file)

    assert ended.code == 0
    assert "n0001" in ended.out


def test_tables_without_an_identity_belong_to_no_target(app, newsletter):
    ended = newsletter.alembic("upgrade", "head", database=newsletter.production_file)

    assert ended.code != 0
    assert "holds tables and no identity" in ended.sentence
    assert stage.content(stage.target_named("newsletter/production")).counts["subscribers"] == 40


def test_a_database_of_another_application_is_refused(app, newsletter):
    target = stage.place("development", studios=3)
    before = stage.content(target).digest
    ended = newsletter.alembic("upgrade", "head", database=stage.file_at(target))

    assert ended.code != 0
    assert "says it is one of studio-directory" in ended.sentence
    assert stage.content(target).digest == before


def test_an_identity_that_somebody_spoiled_is_refused(production, newsletter):
    stage.execute(production, "DELETE FROM portal_identity")
    ended = newsletter.alembic("upgrade", "head", database=newsletter.production_file)

    assert ended.code != 0
    assert "identity of this database can't be read" in ended.sentence


def test_an_empty_database_is_made_as_ever(newsletter, tmp_path):
    ended = newsletter.alembic("upgrade", "head", database=tmp_path / "new.sqlite3")
    assert ended.code == 0, ended.said


def test_development_is_changed_and_the_control_room_knows_what_it_is_now(development, newsletter):
    ended = newsletter.alembic("upgrade", "head", database=newsletter.development_file)
    assert ended.code == 0, ended.said

    db.session.rollback()
    assert registered_target(development.name).revision == "n0003"
    with engine_for(development.url).reading() as connection:
        assert drift_of(development, connection) is None
    checked = newsletter.alembic("check", database=newsletter.development_file)
    assert checked.code == 0, checked.said  # the guard's own tables are no part of the models


def test_the_guard_needs_nothing_of_flask():
    blocked = "import sys; sys.modules['flask'] = None; import portal.guarded"
    done = subprocess.run([sys.executable, "-c", blocked], cwd=ROOT, check=False)
    assert done.returncode == 0
