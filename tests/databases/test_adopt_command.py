"""`flask databases adopt` in a real terminal, and what it refuses without one."""

import pytest

from portal.core.database import db
from portal.databases.identity import judge
from portal.databases.models import RegisteredTarget
from tests.databases.terminal import Terminal


@pytest.fixture
def unknown(room):
    """Both databases are there, and the control room has forgotten them."""
    for row in db.session.query(RegisteredTarget):
        db.session.delete(row)
    db.session.commit()
    return room


def test_an_admin_at_a_terminal_adopts_production(unknown, settings, audited):
    db.session.rollback()
    terminal = Terminal(settings, "databases", "adopt", "production")
    terminal.wait_for("says it is production")
    terminal.answer("Type ADOPT PRODUCTION", "ADOPT PRODUCTION")
    terminal.answer("Why", "The ops database was lost.")

    assert terminal.end() == 0, terminal.text
    assert judge(unknown.production).fits
    assert audited() == [("target.adopted", "done", "production")]


def test_a_wrong_phrase_is_refused_and_recorded(unknown, settings, audited):
    db.session.rollback()
    terminal = Terminal(settings, "databases", "adopt", "production", "--reason", "Lost.")
    terminal.answer("Type ADOPT PRODUCTION", "adopt production")

    assert terminal.end() == 1
    assert "not exactly" in terminal.text
    assert "Traceback" not in terminal.text
    assert not judge(unknown.production).fits
    assert audited() == [("target.adopted", "refused", "production")]


def test_without_a_terminal_production_is_refused(unknown, audited):
    ended = unknown.run("flask", "databases", "adopt", "production", "--reason", "A script.")

    assert ended.code == 1
    assert "at a terminal" in ended.sentence
    assert audited() == [("target.adopted", "refused", "production")]


def test_a_target_that_is_none_is_named(room):
    ended = room.run("flask", "databases", "adopt", "staging")

    assert ended.code == 1
    assert "development and production" in ended.sentence
