"""`flask databases preflight` on SQLite, of the control room itself, at adoption and in `check`."""

import os
import sqlite3
from contextlib import closing

import pytest

from portal.core.configuration.settings import OPS
from portal.core.storage.database import db
from portal.databases.preflight import room as machine
from portal.databases.preflight.findings import Found, Subject
from portal.databases.preflight.report import lines_of
from portal.databases.preflight.run import OF_EACH, preflight
from portal.databases.preflight.run import asked as asked_of
from portal.databases.status.check import check_targets
from portal.databases.targets.config import ops_database
from portal.databases.targets.models import RegisteredTarget
from tests.databases.terminal import Terminal
from tests.support.databases import change_by_hand, change_ops_by_hand


def said(found: list[Found]) -> str:
    return "\n".join(line for each in found for line in lines_of(each))


@pytest.fixture
def odd_rows(room):
    """Rows of a legacy production that an old program wrote."""
    change_by_hand(
        room.production_file,
        "UPDATE studios SET owner_id = (SELECT owner_id FROM studios WHERE id = 3), name = 'Twin'"
        " WHERE id = 2",
        "DELETE FROM users WHERE id = (SELECT owner_id FROM studios WHERE id = 1)",
        "UPDATE studios SET created_at = 'infinity' WHERE id = 4",
        "UPDATE studios SET created_at = '-0044-03-15 12:00:00' WHERE id = 5",
        "UPDATE studios SET updated_at = '2024-02-30 12:00:00.000000' WHERE id = 6",
        "UPDATE studios SET updated_at = '2024-02-29T12:00:00+02:00' WHERE id = 7",
        "UPDATE studios SET latitude = 'north' WHERE id = 8",
        "UPDATE studios SET city = CAST(x'4dfc6e6368656e' AS TEXT) WHERE id = 9",
        "CREATE TABLE notes (word TEXT PRIMARY KEY, told JSON) WITHOUT ROWID",
        "INSERT INTO notes VALUES ('whole', '{\"a\": 1}'), ('cut', '{\"a\":')",
    )
    return room


def test_rows_and_values_are_named_one_by_one_and_nothing_is_changed(odd_rows):
    before = content(odd_rows.production_file)
    words = said(preflight(odd_rows.production))
    for expected in (
        "studios id = 1: owner_id = 1",
        "User 3 (full-stop-voice) owns 2 studios: 2 (Twin), 3 (",
        "Fix: UPDATE studios SET owner_id = … WHERE id = 3;",
        "Studio 1 (",
        "studios id = 4: created_at = 'infinity'",
        "studios id = 5: created_at = '-0044-03-15 12:00:00'",
        "studios id = 6: updated_at = '2024-02-30 12:00:00.000000'",
        "studios id = 8: latitude = 'north'",
        "studios id = 9: city",
        "notes id = cut: told = '{\"a\":'",
    ):
        assert expected in words, (expected, words)
    assert "id = 7:" not in words, "the code reads it"
    assert "id = whole" not in words
    assert content(odd_rows.production_file) == before


def content(file):
    with closing(sqlite3.connect(file)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
        return tables, connection.execute("SELECT * FROM studios ORDER BY id").fetchall()


def test_the_command_ends_with_1_where_a_change_would_stop_and_with_0_after_it_is_fixed(odd_rows):
    ended = odd_rows.run("flask", "databases", "preflight", "production")
    assert (ended.code, "Stops every change: User 3" in ended.said) == (1, True), ended.said
    [checked] = [each for each in check_targets() if each.name == "production"]
    assert "owns 2 studios" in " ".join(checked.faults)

    change_by_hand(
        odd_rows.production_file,
        "UPDATE studios SET owner_id = (SELECT max(id) FROM users WHERE id NOT IN (SELECT owner_id"
        " FROM studios)) WHERE id = 2",
        *("DELETE FROM {} WHERE {} = 1".format(*each) for each in REFERRING),
    )
    ended = odd_rows.run("flask", "databases", "preflight", "production")
    assert ended.code == 0, ended.said
    assert "Nothing that was looked at stops a backup, a restore or a change;" in ended.said


REFERRING = (
    ("studios", "owner_id"),
    ("user_profiles", "user_id"),
    *((table, "studio_id") for table in ("studio_images", "studio_services", "reviews")),
    ("studio_studio_types", "studio_id"),
    ("reviews", "reviewer_id"),
    ("reviews", "owner_id"),
    ("review_responses", "author_id"),
)


def test_a_full_disk_a_folder_and_a_lost_key_stop_every_backup(room, settings, monkeypatch):
    assert asked_of(Subject(room.production), OF_EACH) == []
    backups = settings.data / "backups"
    backups.write_text("a file")
    monkeypatch.setattr(machine, "LEAST_FREE", 1 << 60)
    settings.backup_key_file.write_text("no key")
    words = said(asked_of(Subject(room.production), OF_EACH))
    backups.unlink()
    for expected in ("are free at", f"{backups} is no folder", "There is no backup key in"):
        assert expected in words


def test_what_is_damaged_missing_or_no_database_is_a_finding_and_ends_nothing(room, tmp_path):
    file = room.production_file
    with closing(sqlite3.connect(file)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as handle:
        handle.seek(8 * size)
        handle.write(os.urandom(size))
    found = preflight(room.production)
    assert "The file has" in said(found)
    assert [each for each in found if each.is_fault]

    file.write_bytes(b"no database at all")
    words = said(preflight(room.production))
    assert "can't be read as a database" in words
    assert "Not measured: Nothing inside the database could be checked" in words

    file.unlink()
    assert "There is no database at" in said(preflight(room.production))


def test_the_control_rooms_own_database_is_looked_at_as_well(room):
    assert preflight(ops_database()) == []
    change_ops_by_hand("UPDATE control_room SET created_at = 'never'")
    ended = room.run("flask", "databases", "preflight", OPS)
    assert "control_room id = 1: created_at = 'never'" in ended.said
    taken = room.run("flask", "databases", "backup", OPS)
    assert taken.code in {0, 1}
    assert "There is no target" not in taken.said


def test_an_adoption_says_it_before_it_asks_for_the_phrase(odd_rows, settings):
    for row in db.session.query(RegisteredTarget):
        db.session.delete(row)
    db.session.commit()
    terminal = Terminal(settings, "databases", "adopt", "production")
    terminal.wait_for("Stops every change: User 3")
    terminal.answer("Type ADOPT PRODUCTION", "ADOPT PRODUCTION")
    terminal.answer("Why", "The ops database was lost.")
    assert terminal.end() == 0, terminal.text


@pytest.mark.parametrize("command", ["adopt production", "restore production B"])
def test_without_a_control_room_and_a_terminal_it_is_one_sentence(tmp_path, room, command):
    ended = room.run("flask", "databases", *command.split(), PORTAL_DATA=tmp_path / "new")
    assert ended.code == 1
    assert ended.said.count("\n") <= 1, ended.said
    assert "flask portal setup" in ended.said


def test_ops_is_backed_up_by_the_command_that_backs_up_targets(room):
    ended = room.run("flask", "databases", "backup", "ops")
    assert ended.code == 0, ended.said
    assert "ops-" in ended.said
