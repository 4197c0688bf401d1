"""flask databases migrate and restore at a terminal, for a production on PostgreSQL."""

from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.engines.copies import copier_for
from tests.databases import stage
from tests.databases.terminal import Terminal
from tests.databases.test_change_commands import log_in
from tests.support.cast import make_account


def test_production_is_migrated_and_restored_at_a_terminal(production, settings):
    make_account("omar"), make_account("ana")
    db.session.commit()
    before = copier_for(production.url).content()
    where = {"PRODUCTION_DATABASE_URL": production.url.render_as_string(hide_password=False)}

    terminal = Terminal(settings, "databases", "migrate", "production", **where)
    log_in(terminal, "omar")
    terminal.wait_for("Seal:")
    terminal.answer("Type MIGRATE PRODUCTION", "MIGRATE PRODUCTION")
    log_in(terminal, "ana")
    terminal.answer("name, production", "production")
    assert terminal.end() == 0, terminal.text
    assert stage.revision(production) == stage.HEAD

    name = newest_backup("production").name
    db.session.rollback()
    terminal = Terminal(settings, "databases", "restore", "production", name, **where)
    log_in(terminal, "ana")
    terminal.wait_for("studio_profiles")
    terminal.answer("Type RESTORE PRODUCTION", "RESTORE PRODUCTION")
    assert terminal.end() == 0, terminal.text
    assert stage.revision(production) == stage.LEGACY
    assert copier_for(production.url).content() == before
