"""`flask databases status` and `check`: what stands where, and a sentence for what does not fit."""

import json
import sqlite3
from contextlib import closing

import pytest

from portal.core.errors import Conflict, Unavailable
from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance
from portal.databases.targets.identity import judge
from tests.databases.stage import ANA
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD, LEGACY, PENDING, change_by_hand, copy_file, forget


def status(room, **changed):
    ended = room.run("flask", "databases", "status", "--json", **changed)
    assert ended.code == 0, ended.said
    return {each["target"]: each for each in json.loads(ended.out)}


def test_status_tells_of_both_targets(room):
    found = status(room)

    assert found["production"]["identity"] == "fits"
    assert found["production"]["revision"] == LEGACY
    assert found["production"]["pending"] == [each.id for each in PENDING]
    assert found["development"]["pending"] == []
    assert found["development"]["releases"] == []
    assert found["development"]["last_proven_backup"] is None


def test_status_is_readable_for_people(room):
    ended = room.run("flask", "databases", "status")

    assert "Identity confirmed: this is production." in ended.out
    pending = ", ".join(f"{each.id} ({each.phase})" for each in PENDING)
    assert f"pending: {pending}\n" in ended.out


def test_status_says_when_the_database_is_ahead(room):
    change_by_hand(room.production_file, "UPDATE alembic_version SET version_num = 'ffff'")

    assert "ffff, which this release does not know" in room.run("flask", "databases", "status").out


def test_check_is_content_when_everything_fits(room):
    ended = room.run("flask", "databases", "check")

    assert (ended.code, ended.err) == (0, "")
    assert "what it should be" in ended.out


def test_check_names_swapped_addresses(room):
    ended = room.run(
        "flask",
        "databases",
        "check",
        DEVELOPMENT_DATABASE_URL=room.url(room.production_file),
        PRODUCTION_DATABASE_URL=room.url(room.development_file),
    )

    assert ended.code == 1
    assert "DEVELOPMENT_DATABASE_URL leads to the production database." in ended.err
    assert "PRODUCTION_DATABASE_URL leads to the development database." in ended.err


def test_check_names_a_copy(room):
    room.development_file.unlink()
    copy_file(room.production_file, room.development_file)

    ended = room.run("flask", "databases", "check")

    assert ended.code == 1
    assert "is a copy of production" in ended.err


def test_check_names_a_registered_production_that_is_missing(room):
    room.production_file.rename(room.production_file.with_name("kept.sqlite3"))

    ended = room.run("flask", "databases", "check")

    assert ended.code == 1
    assert "production should be there" in ended.err


def test_check_is_content_on_a_developers_machine(room):
    room.production_file.unlink()
    forget("production")

    assert room.run("flask", "databases", "check").code == 0


def test_without_ops_it_is_one_line(room):
    nowhere = room.url(room.production_file.with_name("no-ops.sqlite3"))

    for words in (["status"], ["check"]):
        ended = room.run("flask", "databases", *words, OPS_DATABASE_URL=nowhere)
        assert ended.code == 1
        assert "the control room’s database should be there" in ended.sentence
        assert not room.production_file.with_name("no-ops.sqlite3").exists()


SILENT = {
    "maintenance": "databases maintenance development on --reason T",
    "a backup": "databases backup development",
    "the backup of ops": "databases backup-ops",
    "care": "databases tidy",
    "the store": "databases store",
    "accounts": "accounts list",
    "the audit log": "audit verify",
    "acceptance": "databases accept-drift development --reason T",
    "runbooks": "runbooks lint",
    "emails": "emails lint",
}


@pytest.mark.parametrize("what", SILENT)
def test_without_ops_no_command_ends_with_a_traceback(room, what):
    nowhere = room.url(room.production_file.with_name("no-ops.sqlite3"))

    ended = room.run("flask", *SILENT[what].split(), OPS_DATABASE_URL=nowhere)

    assert "Traceback" not in ended.said, ended.said
    assert ended.code in {0, 1}
    assert not room.production_file.with_name("no-ops.sqlite3").exists()


def test_a_busy_ops_database_is_not_called_missing(room, monkeypatch):
    monkeypatch.setattr("portal.core.storage.sqlite.BUSY_SECONDS", 0)
    ops = room.production_file.with_name("ops.sqlite3")
    with closing(sqlite3.connect(ops)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="is busy"):
            ask_with_the_writers_lock(room.production)


def ask_with_the_writers_lock(target):
    db.session.remove()
    db.engines["ops"].dispose()
    judge(target)


BY_HAND = {
    "a table that somebody made": (
        ["CREATE TABLE notes_of_a_night (id INTEGER)"],
        ["table notes_of_a_night was added", "accept-drift production"],
    ),
    "an emptied version table": (
        ["DELETE FROM alembic_version"],
        [f"The version table alembic_version is empty; it was at {LEGACY}."],
    ),
    "no version table": (
        ["DROP TABLE alembic_version"],
        [f"The version table alembic_version is gone; it was at {LEGACY}."],
    ),
    "an ancestor and its descendant": (
        [f"INSERT INTO alembic_version VALUES ('{HEAD}')"],
        [f"holds several revisions, {LEGACY}, {HEAD}; it was at {LEGACY}."],
    ),
    "the same row twice": (
        [
            "DROP TABLE alembic_version",
            "CREATE TABLE alembic_version (version_num VARCHAR(32))",
            f"INSERT INTO alembic_version VALUES ('{LEGACY}'), ('{LEGACY}')",
        ],
        [f"holds several revisions, {LEGACY}, {LEGACY}; it was at {LEGACY}."],
    ),
    "a revision whose file is missing": (
        ["UPDATE alembic_version SET version_num = 'ffff'"],
        ["revision ffff, which this release does not know"],
    ),
    "a revision that never ran": (
        [f"UPDATE alembic_version SET version_num = '{HEAD}'"],
        [f"says {HEAD}, and the last change left {LEGACY}"],
    ),
    "a version that is no text": (
        ["UPDATE alembic_version SET version_num = x'ff00'"],
        ["revision (b'\\xff\\x00'), which this release does not know"],
    ),
    "a version that is nothing": (
        [
            "DROP TABLE alembic_version",
            "CREATE TABLE alembic_version (version_num VARCHAR(32))",
            "INSERT INTO alembic_version VALUES (NULL)",
        ],
        ["revision (None), which this release does not know"],
    ),
    "a table under the product's own name": (
        ["CREATE TABLE portal_notes (id INTEGER)"],
        ["The tables by the product’s own names", "portal_notes"],
    ),
    "leases where a file has them": (
        ["CREATE TABLE portal_leases (id INTEGER)"],
        ["The tables by the product’s own names", "portal_leases"],
    ),
}


@pytest.mark.parametrize("what", BY_HAND)
def test_check_names_what_a_hand_did(room, what):
    statements, said = BY_HAND[what]
    change_by_hand(room.production_file, *statements)

    ended = room.run("flask", "databases", "check")

    assert ended.code == 1, ended.said
    assert "production: The " in ended.err
    assert all(part in ended.err for part in said), ended.err
    assert "what it should be" not in ended.said


@pytest.mark.parametrize("statement", ["DELETE FROM", "DROP TABLE"])
def test_an_emptied_version_table_of_which_nothing_is_on_record_is_named(room, statement):
    change_by_hand(room.production_file, f"{statement} alembic_version")
    ops = room.production_file.with_name("ops.sqlite3")
    change_by_hand(ops, "UPDATE registered_targets SET revision = NULL, schema_digest = NULL")

    ended = room.run("flask", "databases", "check")

    assert ended.code == 1, ended.said
    assert "production: The version table alembic_version is empty or gone" in ended.err


@pytest.mark.parametrize("column", ["anchor", "schema_objects"])
def test_a_garbled_record_is_one_sentence_in_every_command_and_page(room, client, column):
    log_in(client, make_account("ana"))
    db.session.remove()
    ops = room.production_file.with_name("ops.sqlite3")
    change_by_hand(ops, f"UPDATE registered_targets SET {column} = '{{' WHERE name = 'production'")

    checked, told = (room.run("flask", "databases", each) for each in ("check", "status"))

    sentence = "What the ops database has on record can’t be read"
    assert (checked.code, sentence in checked.err) == (1, True), checked.said
    assert (told.code, sentence in told.err) == (1, True), told.said
    assert "Traceback" not in told.said + checked.said
    page = client.get("/ops")
    is_needed = column == "anchor"  # objects are read where the schema's digest differs
    found = page.status_code, sentence in page.get_data(as_text=True)
    assert found == ((503, True) if is_needed else (200, False))


def test_check_notes_maintenance_mode_and_a_missing_backup_and_is_content(room):
    begin_maintenance(room.production, because="A disk is changed.", by=ANA)
    db.session.commit()

    ended = room.run("flask", "databases", "check")

    assert ended.code == 0, ended.said
    assert "A disk is changed. To end it: flask databases maintenance production off" in ended.out
    assert "There is no verified backup. Take one: flask databases backup production" in ended.out


def test_check_names_maintenance_mode_that_the_directory_does_not_know(room):
    begin_maintenance(room.production, because="A disk is changed.", by=ANA)
    db.session.commit()
    change_by_hand(room.production_file, "DELETE FROM portal_maintenance")

    ended = room.run("flask", "databases", "check")

    assert (ended.code, "the directory does not know it" in ended.err) == (1, True), ended.said


def test_several_revisions_are_not_called_a_release_that_is_unknown(room):
    statement = f"INSERT INTO alembic_version VALUES ('{HEAD}')"
    change_by_hand(room.production_file, statement)

    with pytest.raises(Conflict, match="holds several revisions at once") as refused:
        room.production.history.pending(f"{LEGACY}, {HEAD}")
    assert "release" not in str(refused.value)
    for command in ("status", "check", "plan production", "sync"):
        said = room.run("flask", "databases", *command.split()).said
        assert "several revisions" in said, said
        assert "this release does not know" not in said, said
