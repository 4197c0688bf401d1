"""flask databases plan, backup, migrate, restore: without a terminal, and at one."""

import pytest
from sqlalchemy import delete, select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backups
from portal.databases.backups.models import Backup
from tests.databases import stage
from tests.databases.terminal import Terminal
from tests.support.cast import PASSWORD, make_account


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def invoke(*arguments: str):
        return runner.invoke(args=["databases", *arguments])

    return invoke


def test_a_backup_is_taken_and_shown_live(run):
    stage.place("production")
    result = run("backup", "production", "--reason", "before the weekend")

    assert result.exit_code == 0, result.output
    assert "tables equal, verified" in result.output
    assert backups("production")[0].reason == "before the weekend"


def test_a_plan_shows_everything_that_is_sealed(run):
    target = stage.place("production")
    result = run("plan", "production")

    assert result.exit_code == 0, result.output
    for words in (
        f"0001 to {stage.HEAD}",
        "(contract, with a downgrade)",
        "ALTER TABLE studios RENAME TO studio_profiles",
        "Lock on PostgreSQL: ACCESS EXCLUSIVE on",
        "Lock on SQLite: one writer",
        "the same studios are listed",
        "studio_profiles: not there before, 32 after",
        "Rollback:",
        "Seal: ",
    ):
        assert words in result.output
    assert stage.revision(target) == stage.LEGACY


def test_development_is_migrated_directly(run):
    target = stage.place("development")
    result = run("migrate", "development")

    assert result.exit_code == 0, result.output
    assert stage.revision(target) == stage.HEAD


@pytest.mark.parametrize("command", [("migrate", "production"), ("restore", "production", "any")])
def test_production_needs_a_terminal(run, command):
    target = stage.place("production")
    name = run("backup", "production") and backups("production")[0].name
    result = run(*[name if word == "any" else word for word in command])

    assert result.exit_code == 1
    assert "terminal" in result.output
    assert stage.revision(target) == stage.LEGACY
    db.session.rollback()
    refused = select(AuditEntry).where(AuditEntry.outcome == "refused")
    assert db.session.scalars(refused).all()


def test_an_unknown_target_or_backup_ends_with_one_line(run):
    stage.place("production")
    for arguments in (("plan", "mistyped"), ("restore", "production", "nothing")):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "Traceback" not in result.output


def test_nothing_pending_is_one_line(run):
    stage.place("development")
    run("migrate", "development")
    result = run("plan", "development")

    assert result.exit_code == 1
    assert "nothing is pending" in result.output


def test_a_lost_catalogue_is_rebuilt_from_the_manifests(run):
    stage.place("production")
    run("backup", "production")
    db.session.rollback()
    [name] = [each.name for each in backups("production")]
    db.session.execute(delete(Backup))
    db.session.commit()
    result = run("rebuild-catalogue")

    assert f"{name}: verified" in result.output
    db.session.rollback()
    assert [each.name for each in backups("production")] == [name]


def log_in(terminal: Terminal, name: str) -> None:
    terminal.answer("Email address", f"{name}@example.com")
    terminal.answer("Password", PASSWORD)


def test_production_is_migrated_at_a_terminal_by_two_people(app, settings):
    target = stage.place("production")
    make_account("omar"), make_account("ana")
    terminal = Terminal(
        settings, "databases", "migrate", "production", PRODUCTION_APPROVAL="second-person"
    )
    log_in(terminal, "omar")
    terminal.wait_for("Seal:")
    terminal.answer("Type MIGRATE PRODUCTION", "MIGRATE PRODUCTION")
    log_in(terminal, "ana")
    terminal.answer("name, production", "production")

    assert terminal.end() == 0, terminal.text
    assert stage.revision(target) == stage.HEAD


def test_the_preparer_may_not_approve_at_a_terminal_either(app, settings):
    target = stage.place("production")
    make_account("ana")
    terminal = Terminal(
        settings, "databases", "migrate", "production", PRODUCTION_APPROVAL="second-person"
    )
    log_in(terminal, "ana")
    terminal.answer("Type MIGRATE PRODUCTION", "MIGRATE PRODUCTION")
    log_in(terminal, "ana")
    terminal.answer("name, production", "production")

    assert terminal.end() == 1
    assert "may not approve it" in terminal.text
    assert stage.revision(target) == stage.LEGACY


def test_nearly_the_phrase_ends_it(app, settings):
    target = stage.place("production")
    make_account("ana")
    terminal = Terminal(settings, "databases", "migrate", "production")
    log_in(terminal, "ana")
    terminal.answer("Type MIGRATE PRODUCTION", "migrate production")

    assert terminal.end() == 1
    assert "not exactly" in terminal.text
    assert stage.revision(target) == stage.LEGACY


def test_production_is_restored_at_a_terminal_by_an_admin(app, run, settings):
    target = stage.place("production")
    run("backup", "production")
    db.session.rollback()
    name, before = backups("production")[0].name, stage.content(target)
    make_account("ana")
    stage.execute(target, "DELETE FROM review_responses")
    terminal = Terminal(settings, "databases", "restore", "production", name)
    log_in(terminal, "ana")
    terminal.wait_for("review_responses: 0 now")
    terminal.answer("Type RESTORE PRODUCTION", "RESTORE PRODUCTION")

    assert terminal.end() == 0, terminal.text
    assert stage.content(target) == before


def test_another_databases_backup_is_refused_before_anything_is_compared(run):
    stage.place("production")
    stage.place("development")
    run("backup", "production")
    result = run("restore", "development", backups("production")[0].name)
    assert result.exit_code == 1
    assert "is of another database than development" in result.output
    assert "would be lost" not in result.output
