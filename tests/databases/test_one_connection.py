"""A page has one connection to each target, and never one to what stands there no more."""

import shutil
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from portal.control.home import directory_statuses
from portal.core.page import begin_page, cached_per_page, end_page
from portal.databases.engines import engine_for
from portal.databases.migrations.history import History
from portal.databases.targets.identity import IdentityState, judge
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.databases import LEGACY, change_by_hand, checkpoint, file_of, prepared_file
from tests.support.pages import words


@contextmanager
def page(method="GET"):
    begin_page(method)
    try:
        yield
    finally:
        end_page()


def names_of(target):
    with engine_for(target.url).reading() as connection:
        return connection, set(engine_for(target.url).tables(connection))


def put_in_place(target, source):
    """As a swap does it: another file under the same path."""
    beside = file_of(target).with_suffix(".new")
    shutil.copy(source, beside)
    beside.replace(file_of(target))


def test_a_page_reads_a_target_on_one_connection_which_ends_with_it(room):
    with page():
        first, _ = names_of(room.production)
        again, _ = names_of(room.production)
        other, _ = names_of(room.development)
        assert first is again is not other
    assert first.closed
    assert other.closed
    with page():
        assert names_of(room.production)[0] is not first


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_may_change_something_reads_again(room, method):
    with page(method):
        first, _ = names_of(room.production)
        assert first.closed
        change_by_hand(room.production_file, "CREATE TABLE added (id INTEGER)")
        assert "added" in names_of(room.production)[1]


def test_a_file_that_is_swapped_within_a_page_is_read_from_then_on(room, tmp_path):
    other = tmp_path / "other.sqlite3"
    shutil.copy(prepared_file(LEGACY, 0), other)
    change_by_hand(other, "CREATE TABLE swapped_in (id INTEGER)")
    checkpoint(other)
    with page(), engine_for(room.production.url).reading() as old:
        assert "swapped_in" not in names_of(room.production)[1]
        put_in_place(room.production, other)
        new, names = names_of(room.production)
        assert "swapped_in" in names
        assert new is not old
        assert not old.closed  # whoever is reading there comes to an end
    assert old.closed
    assert new.closed


def test_a_file_that_is_gone_within_a_page_is_missed(room):
    with page():
        names_of(room.production)
        room.production_file.unlink()
        with pytest.raises(OperationalError), engine_for(room.production.url).reading():
            pass


def test_a_question_that_failed_leaves_the_connection(room):
    with page():
        reading = engine_for(room.production.url).reading()
        with pytest.raises(OperationalError), reading as broken:
            broken.exec_driver_sql("SELECT * FROM nothing")
        assert names_of(room.production)[0] is not broken
        assert broken.closed


def studios_on_the_page(target):
    with page():
        return next(each.listed for each in directory_statuses() if each.overview.target == target)


def test_the_page_after_a_restore_shows_what_was_put_back(app):
    target = stage.place(studios=6)
    backup = stage.operate("databases.backup").result["backup"]
    before = studios_on_the_page(target)
    assert before
    stage.execute(target, "UPDATE studios SET status = 'draft'")
    assert studios_on_the_page(target) == 0
    restored = stage.operate(
        "databases.restore", by=stage.ANA, backup=backup, text="RESTORE PRODUCTION"
    )
    assert restored.is_done, restored.outcome
    assert studios_on_the_page(target) == before


def test_the_page_after_a_swap_shows_what_is_there(room, client):
    log_in(client, make_account("ana"))
    assert judge(room.production).sentence in words(client.page("/ops/databases"))
    put_in_place(room.production, prepared_file(LEGACY, 0))
    assert judge(room.production).state is IdentityState.UNLABELLED
    assert judge(room.production).sentence in words(client.page("/ops/databases"))


def test_an_answer_lives_as_long_as_its_page():
    asked = []

    @cached_per_page
    def question(name):
        asked.append(name)
        return len(asked)

    with page():
        assert [question("a"), question("a"), question("b")] == [1, 1, 2]
    with page():
        assert question("a") == 3
    assert [question("a"), question("a")] == [4, 5]
    with page("POST"):
        assert [question("a"), question("a")] == [6, 7]


def test_a_history_is_read_once_for_pages_until_a_file_of_it_changes(history, monkeypatch):
    reads = []
    read = History._read
    monkeypatch.setattr(History, "_read", lambda self: reads.append(1) or read(self))
    mine = History(history)

    def head_on_a_page():
        with page():
            mine.head()
            return mine.head()

    first = head_on_a_page()
    assert head_on_a_page() == first
    assert len(reads) == 1
    text = f'"""One more."""\nrevision = "feed"\ndown_revision = "{first}"\nphase = "expand"\n'
    (history / "versions" / "feed_one_more.py").write_text(text)
    assert head_on_a_page() == "feed"
    (history / "versions" / "feed_one_more.py").unlink()
    assert head_on_a_page() == first
    reads.clear()
    assert [mine.head(), mine.head()] == [first, first]
    assert len(reads) == 2  # a command, an operation or a form reads anew each time
