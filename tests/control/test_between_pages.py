"""What pages were told by ops is kept while nothing is committed there, by anybody."""

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from portal.accounts.models import Account, LoginSession
from portal.app import _version_of_ops
from portal.core.page import begin_page, end_page
from portal.core.storage import between_pages
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db, reading
from portal.core.storage.ops_version import OpsVersion
from portal.databases.targets.identity import judge
from portal.databases.targets.registry import all_registered, control_room, registered_target
from tests.support.cast import log_in, make_account
from tests.support.databases import change_by_hand, make_database
from tests.support.pages import words


@pytest.fixture(autouse=True)
def _demo(app):
    control_room(is_demo=True)
    db.session.commit()
    between_pages.forget_all()


@pytest.fixture
def file(app):
    return Path(db.engines["ops"].url.database.removeprefix("file:"))


@pytest.fixture
def version(app):
    return OpsVersion(app.extensions["portal.settings"].ops_url)


@contextmanager
def page(version):
    """As a request has it: a session of its own, and the version from before its first look."""
    db.session.rollback()
    db.session.expunge_all()
    begin_page("GET", version.ask)
    try:
        with reading():
            yield
    finally:
        end_page()
        db.session.rollback()


ASKED = []


@cached_until_commit()
def accounts():
    ASKED.append(1)
    return [(row.id, row.name) for row in db.session.execute(select(Account.id, Account.name))]


@cached_until_commit()
def whole_accounts():
    ASKED.append(1)
    return db.session.scalars(select(Account)).all()


def times(version, question=accounts):
    ASKED.clear()
    with page(version):
        question(), question()
    return len(ASKED)


def test_it_is_asked_once_until_somebody_commits(file, version):
    make_account("ana")
    assert [times(version), times(version)] == [1, 0]
    change_by_hand(file, "UPDATE accounts SET name = 'Anna'")
    with page(version):
        assert [name for _, name in accounts()] == ["Anna"]
    assert times(version) == 0


def _swapped(file):
    other = file.with_suffix(".other")
    with closing(sqlite3.connect(file)) as here:
        here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(file, other)
    other.replace(file)


def _written_over(file):
    """By a program that knows nothing of SQLite."""
    os.utime(file)


def _committed_and_taken_back(file):
    change_by_hand(file, "UPDATE accounts SET name = 'x'")
    change_by_hand(file, "UPDATE accounts SET name = 'Ana'")


@pytest.mark.parametrize("hand", [_swapped, _written_over, _committed_and_taken_back])
def test_the_version_is_another_one(file, version, hand):
    make_account("ana")
    before = version.ask()
    assert before == version.ask()
    hand(file)
    assert version.ask() != before


def test_where_the_version_is_unknown_everything_is_asked(file, version):
    file.rename(file.with_suffix(".away"))
    assert version.ask() is None
    file.with_suffix(".away").rename(file)
    assert version.ask() is not None
    unknown = OpsVersion(db.engines["ops"].url.set(drivername="postgresql+psycopg"))
    assert unknown.ask() is None
    assert [times(unknown), times(unknown)] == [1, 1]


def test_another_process_opens_a_connection_of_its_own(version):
    before = version.ask()
    version._reader._place = (*version._reader._place[:2], -1)  # as after a fork
    assert version.ask() != before


def test_an_answer_from_an_older_transaction_is_not_kept(app, version):
    """The version is asked for before the first look, and not at all where one has begun."""
    with app.test_request_context("/ops"):
        db.session.rollback()
        assert _version_of_ops(version) is not None
        db.session.scalars(select(Account)).all()
        assert _version_of_ops(version) is None
        db.session.rollback()
    with app.test_request_context("/studios"):
        assert _version_of_ops(version) is None


def test_a_request_that_may_change_something_asks_each_time(version):
    assert times(version) == 1
    ASKED.clear()
    begin_page("POST", version.ask)
    accounts(), accounts()
    end_page()
    assert len(ASKED) == 2


def test_rows_of_which_something_would_be_asked_later_are_not_kept(version):
    """An account has sessions, which nobody asked for here."""
    make_account("ana")
    assert [times(version, whole_accounts), times(version, whole_accounts)] == [1, 1]


def test_rows_that_are_kept_belong_to_no_session(version):
    make_database("production")
    with page(version):
        first = all_registered()
        assert all(inspect(each).detached for each in first)
    with page(version):
        assert all_registered() is first


def test_a_row_that_somebody_has_in_hand_stays_theirs(version):
    make_database("production")
    row = registered_target("production")
    db.session.commit()
    begin_page("GET", version.ask)
    with reading():
        assert row in all_registered()
    end_page()
    row.requires_window = True
    db.session.commit()
    assert registered_target("production").requires_window


def test_who_is_logged_in_and_as_what_is_asked_by_each_page(file, client):
    ana = make_account("ana")
    log_in(client, ana)
    assert client.get("/ops/runbooks").status_code == 200
    change_by_hand(file, "UPDATE accounts SET role = 'client'")
    assert client.get("/ops/runbooks").status_code == 403
    change_by_hand(file, "UPDATE accounts SET role = 'admin'")
    assert client.get("/ops/runbooks").status_code == 200
    db.session.query(LoginSession).update({"ended_at": ana.created_at})
    db.session.commit()
    assert client.get("/ops/runbooks").status_code == 303


def test_the_home_says_what_was_done_meanwhile(file, client):
    production = make_database("production")
    log_in(client, make_account("ana"))
    client.get("/ops")
    db.session.rollback()
    change_by_hand(file, "DELETE FROM registered_targets")
    db.session.expunge_all()
    judgement = judge(production)
    assert not judgement.fits
    assert judgement.sentence in words(client.page("/ops"))
