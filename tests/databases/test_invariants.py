"""Promises of a revision, measured in its own transaction, and what undoes the whole of it."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from portal.core.errors import Refused, Unavailable
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.migrations.invariants import beforehand
from tests.support.changes import change, change_on
from tests.support.databases import HEAD, change_by_hand, dump, revision_of

REVISION = '''"""A revision for a test.

Revision: {id}
Follows: {follows}
"""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = "{follows}"
phase = "expand"
upgrade_invariants = {promises}
downgrade_invariants = {back}


def upgrade() -> None:
{up}


def downgrade() -> None:
{down}
'''
USERS = "SELECT count(*) FROM users"
IMAGES = "SELECT count(*) FROM studio_images"
REBUILD = """    with op.batch_alter_table("studio_profiles", recreate="always") as table:
        table.add_column(sa.Column("motto", sa.String(80)))"""


@pytest.fixture
def revision(history):
    """Write one more revision after the head: `revision(up=…)`."""

    def write(name="aaaa", follows=HEAD, up="    pass", down="    pass", **promises):
        text = REVISION.format(
            id=name,
            follows=follows,
            up=up,
            down=down,
            promises=promises.get("promises", []),
            back=promises.get("back", []),
        )
        (history / "versions" / f"{name}.py").write_text(text)

    return write


def undone(room, words):
    before = dump(room.development_file)
    with pytest.raises(Refused, match=words):
        change(room.development)
    assert dump(room.development_file) == before


def test_promises_that_hold_are_measured(room, revision):
    revision(promises=[("every user is there", USERS, USERS)])
    measured = []

    change(room.development, measured=measured)

    [promise] = measured
    assert promise["words"] == "every user is there"
    assert promise["before"] == promise["after"] != "0"
    assert promise["holds"]


def test_a_broken_promise_undoes_everything(room, revision):
    revision(
        up="    op.execute('DELETE FROM studio_images')",
        promises=[("every image is there", IMAGES, IMAGES)],
    )

    undone(room, "every image is there")


def test_what_was_measured_is_reported_even_when_it_broke(room, revision):
    revision(
        up="    op.execute('DELETE FROM studio_images')",
        promises=[("users stay", USERS, USERS), ("images stay", IMAGES, IMAGES)],
    )
    measured = []

    with pytest.raises(Refused):
        change(room.development, measured=measured)

    assert [promise["holds"] for promise in measured] == [True, False]


def test_each_step_is_measured_between_its_own_before_and_after(room, revision):
    add = "    op.execute(\"UPDATE users SET role = 'admin' WHERE id = 1\")"
    admins = "SELECT count(*) FROM users WHERE role = 'admin'"
    revision("aaaa", up=add, promises=[("users", USERS, USERS)])
    revision("bbbb", follows="aaaa", promises=[("admins", admins, admins)])
    measured = []

    change(room.development, measured=measured)

    assert [(each["words"], each["holds"]) for each in measured] == [
        ("users", True),
        ("admins", True),
    ]
    assert int(measured[1]["before"]) >= 1


def test_a_second_step_that_breaks_its_promise_takes_the_first_with_it(room, revision):
    revision("aaaa", up="    op.execute('CREATE TABLE extra (id INTEGER)')")
    revision(
        "bbbb",
        follows="aaaa",
        up="    op.execute('DELETE FROM reviews')",
        promises=[("reviews stay", "SELECT count(*) + 1 FROM reviews", USERS)],
    )

    undone(room, "reviews stay")


def test_a_downgrade_keeps_its_own_promises(room, revision):
    revision(down="    op.execute('DELETE FROM users')", back=[("users", USERS, USERS)])
    change(room.development)
    before = dump(room.development_file)

    with pytest.raises(Refused, match="users"):
        change(room.development, what=command.downgrade, to="-1")
    assert dump(room.development_file) == before


def test_a_rebuild_keeps_the_children_that_cascade(room, revision):
    revision(up=REBUILD, promises=[("images", IMAGES, IMAGES)])
    measured = []

    change(room.development, measured=measured)

    assert measured[0]["holds"]
    assert int(measured[0]["after"]) > 0


def test_rows_that_would_refer_to_nothing_undo_everything(room, revision):
    revision(up="    op.execute('DELETE FROM studio_profiles WHERE id = 1')")

    undone(room, "would refer to nothing")


def test_references_that_were_broken_before_do_not_count(room, revision):
    change_by_hand(room.development_file, "DELETE FROM studio_profiles WHERE id = 1")
    revision()

    change(room.development)
    assert revision_of(room.development) == "aaaa"


def test_a_disk_that_fills_leaves_everything_as_it_was(room, revision):
    revision(
        up="""    op.execute("CREATE TABLE filler (content BLOB)")
    op.execute("INSERT INTO filler SELECT randomblob(1000000) FROM users")"""
    )
    before = dump(room.development_file)

    with pytest.raises(OperationalError, match="full"):
        change_on_a_full_disk(room.development)

    assert dump(room.development_file) == before


def change_on_a_full_disk(target):
    with engine_for(target.url).changing(SchemaAccess.SCRATCH) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 40}")
        change_on(connection)


def test_nothing_more_runs_once_sqlite_rolled_back_by_itself(room, revision):
    """A revision that swallows the error would otherwise commit each further statement alone."""
    revision(
        up="""    try:
        op.execute("INSERT OR ROLLBACK INTO users SELECT * FROM users")
    except Exception:
        pass
    op.execute("CREATE TABLE committed_alone (id INTEGER)")"""
    )
    before = dump(room.development_file)

    with pytest.raises(Unavailable, match="ended the transaction"):
        change(room.development)

    assert dump(room.development_file) == before


def test_what_was_there_before_is_known_however_late_it_is_declared(room, revision, monkeypatch):
    """The questions run beside the first revision: they see what was committed before it."""
    started = threading.Event()
    ask = beforehand.Beforehand._ask

    def late(self, words, sql):
        started.wait(5)
        return ask(self, words, sql)

    monkeypatch.setattr(beforehand.Beforehand, "_ask", late)
    event.listen(Engine, "before_cursor_execute", told := told_of(started, "no more images"))
    revision(
        up="""    op.execute('DELETE FROM studio_images')
    op.execute('SELECT 1 -- no more images')""",
        promises=[("users stay", USERS, USERS), ("images stay", IMAGES, IMAGES)],
    )
    try:
        undone(room, r"images stay.*\([1-9]\d* before, 0 after\)")
    finally:
        event.remove(Engine, "before_cursor_execute", told)
    assert started.is_set()


def told_of(reached, words):
    def heard(_connection, _cursor, statement, *_more):
        if words in statement:
            reached.set()

    return heard


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_question_that_fails_undoes_everything(room, revision, mode):
    """Also the one about the state before, whose answer comes while the revision runs."""
    wrong = "SELECT count(gone) FROM users"
    revision(promises=[("images", IMAGES, IMAGES), ("wrong", wrong, USERS)])
    with closing(sqlite3.connect(room.development_file)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    before = dump(room.development_file)
    with pytest.raises(OperationalError, match="no such column: gone"):
        change(room.development)
    assert dump(room.development_file) == before


def test_a_revision_that_fails_waits_for_no_question(room, revision):
    endless = (
        "SELECT count(*) FROM users AS a, users AS b, users AS c, users AS d, users AS e,"
        " users AS f, users AS g, users AS h"
    )
    revision(
        up="    raise RuntimeError('at once')",
        promises=[("users", USERS, USERS), ("all", endless, endless)],
    )
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="at once"):
        change(room.development)
    assert time.monotonic() - began < 30
    assert not [each for each in threading.enumerate() if each.name == "beforehand"]


def test_the_guards_own_tables_are_asked_on_the_change_itself(room):
    asked = [("a", "SELECT count(*) FROM portal_journal"), ("b", USERS)]
    with engine_for(room.development.url).changing(SchemaAccess.SCRATCH) as connection:
        assert beforehand.ask_beforehand(connection, asked) is None
        found = beforehand.ask_beforehand(connection, [("c", IMAGES), ("b", USERS)])
        assert found is not None
        connection.exec_driver_sql("DELETE FROM studio_images")
        assert found.answers()[IMAGES] != "0"
        found.end()


def test_what_one_step_left_is_not_asked_again_of_the_next(room, revision):
    heard = []
    revision("aaaa", promises=[("users", USERS, USERS)])
    revision("bbbb", follows="aaaa", promises=[("users again", USERS, USERS)])
    with engine_for(room.development.url).changing(SchemaAccess.SCRATCH) as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
        measured = []
        change_on(connection, measured=measured)
    assert [each["holds"] for each in measured] == [True, True]
    assert heard.count(USERS) == 3, "before the first, after the first, after the second"
