"""What pages keep of an ops database on a server: as long as nobody wrote to a table they read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text, update

from portal.accounts.models import Account, ThrottleMark
from portal.core.clock import now
from portal.core.storage import between_pages
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db, own_ops_transaction, reading
from portal.core.storage.ops_version import OpsVersion
from portal.jobs.leases.clocks import ops_moment
from portal.jobs.models import Operation
from tests.control.test_between_pages import page
from tests.support.cast import make_account
from tests.support.ops_on_postgres import pg_app
from tests.support.postgres import running_server

__all__ = ["pg_app"]

ASKED = []


@cached_until_commit()
def names():
    ASKED.append("names")
    return [name for (name,) in db.session.execute(select(Account.name).order_by(Account.id))]


@cached_until_commit()
def hasty():
    ASKED.append("hasty")
    return [key for (key,) in db.session.execute(select(ThrottleMark.key))]


@cached_until_commit()
def both():
    """It names one table itself; the other one is read by a query within, which may be kept."""
    ASKED.append("both")
    return [len(names()), len(db.session.execute(select(Operation.id)).all())]


@pytest.fixture(scope="module")
def version(pg_app) -> Iterator[OpsVersion]:
    found = OpsVersion(db.engines["ops"].url)
    until = time.monotonic() + 30
    while found.ask() is None and time.monotonic() < until:
        time.sleep(0.01)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _anew(pg_app):
    between_pages.forget_all()
    make_account("ana")
    db.session.commit()


def asked(version, *questions):
    """Which of them are asked by a page."""
    ASKED.clear()
    with page(version):
        for each in questions:
            each()
    return list(ASKED)


@contextmanager
def owner():
    with running_server().connect(db.engines["ops"].url.database) as session:
        yield session


def test_it_is_asked_again_when_its_table_was_written_to_by_whomever(version):
    assert (asked(version, names), asked(version, names)) == (["names"], [])
    with own_ops_transaction() as session:
        session.add(ThrottleMark(key=str(now()), used_until=now()))
    assert asked(version, names) == [], "another table"
    for statement in (
        "UPDATE accounts SET name = 'x' WHERE id = 1",
        "SET session_replication_role = replica; UPDATE accounts SET name = 'y' WHERE id = 1",
        "BEGIN; SAVEPOINT s; UPDATE accounts SET name = 'z' WHERE id = 1; RELEASE s; COMMIT",
        "UPDATE accounts SET name = 'x' WHERE id = 1; UPDATE accounts SET name = 'z' WHERE id = 1",
    ):
        with owner() as session:
            session.execute(statement)
        assert asked(version, names) == ["names"], statement
        assert asked(version, names) == [], statement
    with page(version):
        assert names()[0] == "z"


def test_what_is_not_committed_is_neither_seen_nor_forgotten(version):
    """A page that reads while somebody writes keeps what it read until the commit."""
    asked(version, names)
    with owner() as session:
        session.execute("BEGIN; UPDATE accounts SET name = 'soon' WHERE id = 1")
        assert asked(version, names) == []
        session.execute("ROLLBACK")
        assert asked(version, names) == []
        session.execute("BEGIN; UPDATE accounts SET name = 'soon' WHERE id = 1")
        between_pages.forget_all()
        assert asked(version, names) == ["names"]
        session.execute("COMMIT")
    assert asked(version, names) == ["names"]
    with page(version):
        assert names()[0] == "soon"


def test_a_table_without_a_working_trigger_is_asked_each_time(version):
    assert (asked(version, hasty), asked(version, hasty)) == (["hasty"], ["hasty"])
    for off, on in (
        ("DISABLE TRIGGER raise_version", "ENABLE ALWAYS TRIGGER raise_version"),
        ("ENABLE TRIGGER raise_version", "ENABLE ALWAYS TRIGGER raise_version"),
    ):
        with owner() as session:
            session.execute(f"ALTER TABLE accounts {off}".encode())
            assert (asked(version, names), asked(version, names)) == (["names"], ["names"])
            session.execute(f"ALTER TABLE accounts {on}".encode())
    with owner() as session:
        session.execute("DELETE FROM ops_versions WHERE about = 'accounts'")
        assert (asked(version, names), asked(version, names)) == (["names"], ["names"])
        session.execute("INSERT INTO ops_versions VALUES ('accounts', 0)")


def test_a_query_depends_on_what_the_queries_within_it_read(version):
    asked(version, names)
    assert (asked(version, both), asked(version, both)) == (["both"], [])
    with own_ops_transaction() as session:
        session.execute(update(Account).values(name="other"))
    assert asked(version, both) == ["both", "names"]
    assert asked(version, names, both) == []


def test_another_database_of_that_name_is_another_one(version, pg_app):
    """Also one that was copied with all numbers. Without a database nothing is kept."""
    asked(version, names)
    url = db.engines["ops"].url
    db.session.remove()
    db.engines["ops"].dispose()
    others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
    with running_server().connect() as server:
        server.execute(others, (url.database,))
        server.execute(f"CREATE DATABASE copied TEMPLATE {url.database}".encode())
        server.execute(f"ALTER DATABASE {url.database} RENAME TO gone".encode())
        assert version.ask() is None
        server.execute(f"ALTER DATABASE copied RENAME TO {url.database}".encode())
        until = time.monotonic() + 30
        while version.ask() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert asked(version, names) == ["names"]
        server.execute("DROP DATABASE gone WITH (FORCE)")


def test_a_page_has_the_servers_clock_from_its_beginning(version):
    with page(version):
        first = ops_moment()
        assert first == ops_moment()
        assert abs((first - now()).total_seconds()) < 30
    assert ops_moment() > first


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts SET name = 'w'",
        "WITH a AS (UPDATE accounts SET name = 'w' RETURNING 1) SELECT * FROM a",
    ],
)
def test_a_page_that_writes_after_all_takes_the_lock_and_can_take_it_back(pg_app, statement):
    def execute(words):
        return db.session.execute(text(words), bind_arguments={"bind": db.engines["ops"]})

    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    with reading():
        assert execute(locks).scalar() == 0
        execute(statement)
        assert execute(locks).scalar() == 1
    db.session.rollback()
    with owner() as session:
        assert session.execute("SELECT count(*) FROM accounts WHERE name = 'w'").fetchone() == (0,)


def test_a_session_that_the_server_ended_is_replaced_before_it_is_used(pg_app):
    engine = db.engines["ops"]
    with reading(), engine.connect() as connection:
        first = connection.scalar(text("SELECT pg_backend_pid()"))
    with owner() as session:
        session.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    with reading(), engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != first
