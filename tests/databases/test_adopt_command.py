"""`flask databases adopt` in a real terminal, and what it refuses without one."""

import threading
from datetime import timedelta

import pytest

from portal.core.storage.database import db
from portal.databases.targets.identity import Standing, judge
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import control_room
from portal.jobs.leases import holder as leases
from tests.databases.rooms_at import address, living, second_room
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


def test_under_another_rooms_label_it_says_whose_and_who_lives_and_asks_for_another_phrase(
    room, settings, tmp_path, empty_ops, monkeypatch
):
    """The first room is this one; the command is a second one's, in a process of its own."""
    other = second_room(settings, tmp_path / "second", empty_ops)
    monkeypatch.setattr(leases, "INTERVAL", timedelta(seconds=0.2))
    title = control_room().title
    db.session.rollback()
    with living(settings.ops_url, room.production) as site:
        threading.Thread(target=site._keep_beside, daemon=True).start()
        terminal = Terminal(other.extensions["portal.settings"], "databases", "adopt", "production",
                            PRODUCTION_DATABASE_URL=address(settings.production_url))  # fmt: skip
        terminal.wait_for(f"Its label is another control room’s: {title}")
        terminal.wait_for(f"Alive: web process {site.pid}")
        terminal.answer("Type TAKE OVER PRODUCTION", "TAKE OVER PRODUCTION")
        terminal.answer("Why", "The team moved.")
        assert terminal.end() == 0, terminal.text
    assert judge(room.production).standing is Standing.TAKEN


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
