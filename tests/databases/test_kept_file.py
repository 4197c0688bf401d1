"""What pages were told of a SQLite file is kept while its marks prove that nobody wrote to it."""

import shutil
import sqlite3
import time
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import inspect

from portal.core.page import begin_page, end_page
from portal.databases.engines import engine_for, kept_file, sqlite_marks
from portal.databases.engines.kept_file import LateConnection, is_unopened
from portal.databases.engines.sharing import cached_on
from portal.databases.policies.drift import drift_of
from portal.databases.policies.target_leases import place_of
from portal.databases.targets.identity import judge
from tests.databases.test_one_connection import page, put_in_place
from tests.support.cast import log_in, make_account
from tests.support.databases import LEGACY, change_by_hand, checkpoint, file_of, prepared_file
from tests.support.pages import words

STEP = 0.05
ADDED = "CREATE TABLE by_hand (id INTEGER)"
LESS = "DELETE FROM users WHERE id = (SELECT max(id) FROM users)"


@pytest.fixture(autouse=True)
def soon_settled(monkeypatch):
    """In place of two seconds; files of tests are made by this kernel's own clock."""
    monkeypatch.setattr(sqlite_marks, "SETTLED", STEP)
    kept_file.forget_all()
    yield
    kept_file.forget_all()


def settle():
    time.sleep(STEP * 1.5)


def read_twice(target):
    """Reading may make an empty log, which is as new as can be."""
    for _ in range(2):
        settle()
        shown(target)


def facts(target):
    """As pages show them: what it is, its tables, what differs, and how many users there are."""
    engine = engine_for(target.url)
    judgement = judge(target)
    if not judgement.is_there:
        return judgement.state, judgement.sentence
    with engine.reading() as connection:
        drift = drift_of(target, connection)
        return (
            judgement.state, judgement.sentence, judgement.revision,
            engine.tables(connection), engine.all_columns(connection), drift and drift.sentence,
            users_in(connection),
        )  # fmt: skip


def users_in(connection):
    query = "SELECT count(*) FROM users"
    return cached_on(connection, "users", lambda opened: opened.exec_driver_sql(query).scalar())


def shown(target):
    with page():
        return facts(target)


def is_kept(target):
    """Whether the next page would be told everything without opening the file."""
    with page():
        facts(target)
        with engine_for(target.url).reading() as connection:
            return is_unopened(connection)


@pytest.fixture
def production(room):
    read_twice(room.production)
    assert is_kept(room.production)
    return room.production


def _commit(file, target):
    change_by_hand(file, LESS)


def _without_a_log(file, target):
    change_by_hand(file, "PRAGMA journal_mode = DELETE")
    read_twice(target)
    assert is_kept(target)
    change_by_hand(file, LESS)


def _schema(file, target):
    change_by_hand(file, ADDED)


def _definition_past_ddl(file, target):
    change_by_hand(
        file, "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'text') WHERE name = 'reviews'",
        "UPDATE sqlite_master SET sql = sql || ' ' WHERE name = 'reviews'",
    )  # fmt: skip


def _swapped(file, target):
    put_in_place(target, prepared_file(LEGACY, 0))


def _removed(file, target):
    file.unlink()


def _written_over(file, target):
    """By a program that knows nothing of SQLite, with as many bytes."""
    checkpoint(file)
    read_twice(target)
    assert is_kept(target)
    other = file.with_suffix(".other")
    shutil.copy(file, other)
    change_by_hand(other, "PRAGMA journal_mode = DELETE", "DELETE FROM portal_identity")
    assert other.stat().st_size == file.stat().st_size
    with file.open("r+b") as there:
        there.write(other.read_bytes())


def _restored(file, target):
    """As a restore does it: by SQLite's own copy into the file that stands there."""
    kept = sqlite3.connect(prepared_file(LEGACY, 0))
    with closing(kept) as source, closing(sqlite3.connect(file)) as there:
        source.backup(there)


def _locked_up(file, target):
    file.parent.chmod(0o700)
    shutil.move(file, file.with_suffix(".away"))
    file.mkdir()


HANDS = [
    *(_commit, _without_a_log, _schema, _definition_past_ddl, _swapped, _removed),
    *(_written_over, _restored, _locked_up),
]


@pytest.mark.parametrize("hand", HANDS)
@pytest.mark.parametrize("pause", [True, False])
def test_whatever_becomes_of_the_file_is_on_the_next_page(production, hand, pause):
    before = shown(production)
    hand(file_of(production), production)
    if pause:
        settle()
    found = shown(production)
    assert found == facts(production)  # as a change asks, anew
    assert found != before
    assert shown(production) == found


def test_a_page_opens_nothing_while_no_process_writes(production, client):
    log_in(client, make_account("ana"))
    assert is_kept(production)
    said = words(client.page("/ops/databases"))
    assert judge(production).sentence in said
    change_by_hand(file_of(production), ADDED)
    assert "by_hand" in words(client.page("/ops/databases"))


def test_a_change_and_a_command_ask_the_file(production):
    with engine_for(production.url).reading() as connection:
        assert not isinstance(connection, LateConnection)
    begin_page("POST")
    with engine_for(production.url).reading() as connection:
        assert not isinstance(connection, LateConnection)
    end_page()


def test_a_new_question_opens_the_file_and_reads_what_is_there_then(production):
    with page(), engine_for(production.url).reading() as connection:
        assert "by_hand" not in engine_for(production.url).tables(connection)
        change_by_hand(file_of(production), ADDED)
        assert is_unopened(connection)
        assert inspect(connection).has_table("by_hand")  # opens it, and sees that it has changed
        assert "by_hand" in engine_for(production.url).tables(connection)
    assert connection.closed


def test_a_connection_that_was_never_opened_ends_as_well(production):
    with page():
        with engine_for(production.url).reading() as connection:
            engine_for(production.url).tables(connection)
        assert not connection.closed
    assert connection.closed
    assert is_unopened(connection)


def test_nothing_is_kept_for_longer_than_a_minute(production, monkeypatch):
    monkeypatch.setattr(kept_file, "LONGEST", 0.0)
    assert not is_kept(production)


@contextmanager
def _in_the_middle(file):
    """A writer that has written to the log, and whom nobody sees yet."""
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(LESS)
        yield
        writer.execute("ROLLBACK")


@contextmanager
def _with_a_journal(file):
    beside = file.with_name(file.name + "-journal")
    beside.touch()
    yield
    beside.unlink()


@contextmanager
def _just_written(file):
    change_by_hand(file, LESS)
    yield


@contextmanager
def _behind_a_link(file):
    shutil.move(file, file.with_suffix(".there"))
    file.symlink_to(file.with_suffix(".there"))
    settle()
    yield


@pytest.mark.parametrize("state", [_in_the_middle, _with_a_journal, _just_written, _behind_a_link])
def test_nothing_is_kept_where_marks_prove_nothing(room, state):
    read_twice(room.production)
    kept_file.forget_all()
    with state(room.production_file):
        if state is _in_the_middle:
            settle()
        shown(room.production)
        assert not is_kept(room.production)


@pytest.mark.parametrize("unknown", ["no list of locks", "a shared folder", "a container"])
def test_nothing_is_kept_where_others_may_write_unseen(room, monkeypatch, tmp_path, unknown):
    sqlite_marks._is_here.cache_clear()
    if unknown == "no list of locks":
        monkeypatch.setattr(sqlite_marks, "LOCKS", tmp_path / "none")
        change_by_hand(room.production_file, "PRAGMA journal_mode = WAL")
        holder = sqlite3.connect(room.production_file)
        holder.execute("SELECT * FROM users").fetchone()
    elif unknown == "a shared folder":
        monkeypatch.setattr(sqlite_marks, "are_here", lambda folders: False)
    else:
        monkeypatch.setattr(sqlite_marks, "FIRST_PID_NAMESPACE", 1)
    read_twice(room.production)
    assert not is_kept(room.production)
    sqlite_marks._is_here.cache_clear()


ONE = {
    "uuid": "one", "room": "", "room_title": "", "kind": "web", "release": "1", "serves": [],
    "host": "here", "pid": 1,
}  # fmt: skip


def test_leases_beside_are_read_again_once_one_was_written(room):
    place = place_of(room.production)
    place.make()
    time.sleep(0.15)
    with page():
        assert place.read(quickly=True).leases == []
    place.renew(ONE)
    with page():
        assert [each.uuid for each in place.read(quickly=True).leases] == ["one"]
    place.give_back("one")
    with page():
        assert place.read(quickly=True).leases == []
