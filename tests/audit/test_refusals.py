"""Refusals are recorded once what they tried is undone; visitors' are only counted."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import click
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.accounts.models import Account
from portal.accounts.permissions.permission import Permission
from portal.accounts.permissions.table import ANYBODY, NEVER, PERMISSIONS
from portal.audit.actor import VISITOR
from portal.audit.chain.verification import verify_log
from portal.audit.counting import count_refusal, write_counts
from portal.audit.models import AuditEntry, Outcome, RefusalCount
from portal.audit.refusals import CommandGroup, record_refusal
from portal.core.errors import Refusal, Refused
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account

REFUSED = Refused(
    "There is no ticket.",
    remedy="Start the change at /ops/migrations.",
    refusal=Refusal("migration.refused", target="production", details={"pending": 1}),
)
NOON = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)


def entries() -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


def counts() -> dict[str, int]:
    found = {row.door: row.count for row in db.session.scalars(select(RefusalCount))}
    db.session.rollback()
    return found


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travel:
        yield travel


def test_what_was_tried_is_undone_and_the_refusal_kept(app):
    ana = make_account("ana")
    ana.name = "Anna"
    record_refusal(REFUSED, by=ana)
    assert db.session.scalar(select(Account.name)) == "Ana"
    (entry,) = entries()
    said = json.loads(entry.canonical)
    assert (entry.action, entry.outcome, entry.target) == (
        "migration.refused",
        Outcome.REFUSED,
        "production",
    )
    assert entry.actor_id == ana.id
    assert said["details"] == {"pending": 1}
    assert said["reason"] == "There is no ticket. Start the change at /ops/migrations."


def test_an_error_that_is_no_refusal_leaves_no_entry(app):
    record_refusal(Refused("Not now."), by=make_account("ana"))
    assert entries() == []


def test_a_refusal_leaves_no_transaction_open_behind_it(app):
    """A session that only asked would hold the lock of SQLite's one writer."""
    record_refusal(REFUSED, by=make_account("ana"))
    assert not db.session().in_transaction()


MET = [("database is locked", "busy"), ("unable to open database file", "can’t be reached")]


@pytest.mark.parametrize(("error", "words"), MET)
def test_a_command_that_meets_a_locked_or_absent_database_leaves_nothing_behind(app, error, words):
    group = CommandGroup("group")

    @group.command("rename")
    def rename() -> None:
        db.session.scalars(select(Account)).one().name = "Anna"
        db.session.flush()
        raise OperationalError("", {}, sqlite3.OperationalError(error))

    make_account("ana")
    found = app.test_cli_runner().invoke(group, ["rename"])
    assert found.exit_code == 1
    assert words in found.output
    assert not db.session().in_transaction()
    assert db.session.scalar(select(Account.name)) == "Ana"


def test_another_error_of_the_database_in_a_command_is_one_line_with_its_own_words(app):
    """The database has that table, so it is neither damaged nor without a set-up."""
    group = CommandGroup("group")

    @group.command("count")
    def count() -> None:
        raise OperationalError("", {}, sqlite3.OperationalError("no such table: accounts"))

    found = app.test_cli_runner().invoke(group, ["count"])
    said = "Error: It could not be done: no such table: accounts\n"
    assert (found.exit_code, found.output) == (1, said)


def test_a_page_that_refuses_by_get_and_by_post_records_both(app, client, monkeypatch):
    allowed = Permission("refuse", ANYBODY, NEVER, None)
    monkeypatch.setitem(PERMISSIONS, "refusing", allowed)

    @app.route("/ops/refusing", methods=["GET", "POST"])
    def refusing() -> str:
        raise REFUSED

    omar = make_account("omar")
    log_in(client, omar)
    for method in ("GET", "POST"):
        response = client.open("/ops/refusing", method=method)
        assert response.status_code == 409
        assert "Start the change at /ops/migrations." in response.text
    found = [entry for entry in entries() if entry.action == "migration.refused"]
    assert [entry.actor_id for entry in found] == [omar.id, omar.id]


def test_a_log_that_can_not_be_written_does_not_hide_the_refusal(app, raw, caplog):
    ana = make_account("ana")
    raw.execute("DROP TABLE audit_head")
    record_refusal(REFUSED, by=ana)
    assert "could not be recorded" in caplog.text


def test_a_change_that_can_not_be_recorded_is_undone_and_says_what_is_missing(app, client, raw):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    omar = make_account("omar")
    log_in(client, omar)
    before = omar.password_hash
    db.session.commit()
    raw.execute("DROP TABLE audit_head")
    data = {"current": "the kettle sings at dawn", "new": "a new long sentence"}
    response = client.post("/ops/password", data=data)
    assert response.status_code == 503
    assert "is damaged: table audit_head is missing, which its revision, " in response.text
    assert "Traceback" not in response.text
    db.session.refresh(omar)
    assert omar.password_hash == before


def test_a_command_ends_in_one_line(app):
    group = CommandGroup("things")

    @group.command()
    def change() -> None:
        make_account("ana").name = "Anna"
        raise REFUSED

    done = app.test_cli_runner().invoke(group, ["change"])
    assert (done.exit_code, done.output) == (
        1,
        "Error: There is no ticket. Start the change at /ops/migrations.\n",
    )
    assert isinstance(done.exception, SystemExit | click.ClickException)
    assert [(entry.action, entry.actor_role) for entry in entries()] == [
        ("migration.refused", "console")
    ]


def test_a_visitor_s_refusals_are_counted_by_minute_and_action(app, clock):
    for _ in range(3):
        record_refusal(REFUSED, by=VISITOR)
        clock.shift(1)
    count_refusal("login.failed")
    assert counts() == {"migration.refused": 3, "login.failed": 1}
    assert entries() == []


def test_a_flood_writes_once_a_second_and_loses_nothing(app, clock):
    for _ in range(1000):
        count_refusal("login.failed")
    assert counts() == {"login.failed": 1}
    clock.shift(1)
    count_refusal("login.failed")
    assert counts() == {"login.failed": 1001}


def test_at_once_writes_at_once(app, clock):
    for _ in range(3):
        count_refusal("login.failed", at_once=True)
    assert counts() == {"login.failed": 3}


def test_a_minute_that_is_over_becomes_one_entry(app, clock):
    for _ in range(5):
        count_refusal("login.failed")
    write_counts()
    clock.shift(timedelta(minutes=1))
    db.session.rollback()
    write_counts()
    write_counts()
    (entry,) = entries()
    assert (entry.action, entry.target, entry.actor_role) == (
        "refusals.counted",
        "login.failed",
        "visitor",
    )
    assert json.loads(entry.canonical)["details"] == {
        "count": 5,
        "minute": "2026-11-22T12:00:00.000000Z",
    }
    assert counts() == {}
    assert verify_log().fault is None
