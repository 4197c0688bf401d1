"""A log of several ranges: two processes check it, an interrupted check goes on later."""

import json
import signal
import sqlite3

import pytest
from sqlalchemy import select

import portal.audit.tasks
from portal.audit.actor import NamedActor
from portal.audit.chain import ranges, verification
from portal.audit.chain.hashing import leaf_of, link
from portal.audit.chain.verification import verify_log
from portal.audit.service import record
from portal.audit.tasks import request_verification
from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Stopped
from portal.jobs.operations.service import perform
from tests.audit.conftest import without_triggers

OMAR = NamedActor("Omar", "ops", 7)
ENTRIES = 60


@pytest.fixture
def long_log(app, monkeypatch):
    """Six ranges, checked in this process: where two do it, the test says so."""
    monkeypatch.setattr(verification, "RANGE", 10)
    monkeypatch.setattr(verification, "PROCESSES", 9)
    for number in range(ENTRIES):
        record("test.happened", by=OMAR, target="production", details={"n": number})
    db.session.commit()


def rewrite(raw: sqlite3.Connection, seq: int) -> None:
    """Another record under this number, with a chain that fits from there to the end."""
    rows = raw.execute("SELECT seq, canonical FROM audit WHERE seq >= ?", (seq,)).fetchall()
    (chain,) = raw.execute("SELECT chain FROM audit WHERE seq = ?", (seq - 1,)).fetchone()
    for number, before in rows:
        said = json.loads(before) | ({"target": "elsewhere"} if number == seq else {})
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        leaf = leaf_of(text)
        chain = link(chain, leaf)
        raw.execute(
            "UPDATE audit SET canonical = ?, leaf = ?, chain = ?, target = ? WHERE seq = ?",
            (text, leaf, chain, said["target"], number),
        )


@pytest.mark.parametrize("seq", [1, 10, 11, 35, 50, 51, 60])
@pytest.mark.parametrize("how", ["changed", "missing"])
def test_a_bad_entry_in_any_range_is_named(long_log, raw, seq, how):
    with without_triggers(raw):
        if how == "changed":
            raw.execute("UPDATE audit SET leaf = chain WHERE seq = ?", (seq,))
        else:
            raw.execute("DELETE FROM audit WHERE seq = ?", (seq,))
    assert verify_log().first_bad == seq


def test_two_processes_check_it(long_log, raw, monkeypatch):
    """Of several bad entries the first is named, whichever process finds its own sooner."""
    monkeypatch.setattr(verification, "PROCESSES", 2)
    assert (verify_log().entries, verify_log().fault) == (ENTRIES, None)
    with without_triggers(raw):
        raw.execute("UPDATE audit SET action = 'forged' WHERE seq IN (25, 31, 59)")
    assert verify_log().fault == "Entry 25 is listed with another action than it records."


def test_a_chain_cut_between_two_ranges_is_seen(long_log, raw):
    """Each half is whole by itself."""
    with without_triggers(raw):
        rewrite(raw, 21)
        (chain,) = raw.execute("SELECT chain FROM audit WHERE seq = 20").fetchone()
        raw.execute("UPDATE audit SET chain = ? WHERE seq = 20", ("0" * 64,))
    found = verify_log()
    assert found.first_bad == 20
    assert chain != "0" * 64


def test_values_beside_no_entry_are_named(long_log, raw):
    with without_triggers(raw):
        raw.execute("INSERT INTO audit_personal VALUES (99, 'name', x'00', 'Ana')")
    assert verify_log().fault == "The name kept beside entry 99 belongs to no entry: there are 60."


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE audit_personal SET salt = 'text' WHERE seq = 31""",
        """UPDATE audit_personal SET value = x'00ff' WHERE seq = 31""",
        """INSERT INTO audit_personal VALUES (31, 'session', x'00', '17')""",
    ],
)
def test_a_personal_value_that_was_never_recorded_is_named(long_log, raw, change):
    with without_triggers(raw):
        raw.execute(change)
    assert "kept beside entry 31 is not the one it recorded" in (verify_log().fault or "")


@pytest.mark.parametrize(
    ("table", "columns", "words"),
    [
        ("audit", "canonical", "not a record in canonical form"),
        ("audit", "action", "another action"),
        ("audit", "leaf", "its hash is not the one"),
        ("audit_personal", "value", "The name kept beside entry 31 is not"),
    ],
)
def test_what_is_no_text_at_all_is_named(long_log, raw, table, columns, words):
    """Bytes that SQLite keeps as text, although no encoding reads them."""
    with without_triggers(raw):
        raw.execute(f"UPDATE {table} SET {columns} = CAST(x'7bff7d' AS TEXT) WHERE seq = 31")
    found = verify_log()
    assert found.first_bad == 31
    assert words in (found.fault or "")


@pytest.mark.parametrize("text", ['{"a":' * 3000 + "1" + "}" * 3000, '{"actor":5,"seq":31}'])
def test_a_record_of_a_strange_form_is_named_and_ends_nothing(long_log, raw, text):
    with without_triggers(raw):
        (chain,) = raw.execute("SELECT chain FROM audit WHERE seq = 30").fetchone()
        leaf = leaf_of(text)
        raw.execute(
            "UPDATE audit SET canonical = ?, leaf = ?, chain = ? WHERE seq = 31",
            (text, leaf, link(chain, leaf)),
        )
    assert verify_log().first_bad == 31


def test_a_process_that_is_killed_ends_the_verification(long_log, monkeypatch):
    """What nobody answered for is never called whole."""
    monkeypatch.setattr(verification, "PROCESSES", 2)
    monkeypatch.setattr(
        "portal.audit.chain.range_process.COMMAND",
        ("python", "-c", f"import os; input(); os.kill(os.getpid(), {int(signal.SIGKILL)})"),
    )
    with pytest.raises(Unavailable, match="ended in the middle"):
        verify_log()


@pytest.fixture
def interrupted(long_log, monkeypatch) -> Operation:
    """A verification that was stopped after four of six ranges."""
    request_verification(by=OMAR)
    operation = db.session.scalars(select(Operation)).one()
    advance = portal.audit.tasks.Progress.advance

    def stop(progress, done, total, label=""):
        advance(progress, done, total, label)
        if done > 40:
            raise Stopped("Stopped by Omar.")

    with monkeypatch.context() as patch:
        patch.setattr(portal.audit.tasks.Progress, "advance", stop)
        ended = perform(operation)
    assert ended.state is OperationState.FAILED
    assert ended.outcome.endswith("40 entries were checked; the next one goes on there.")
    db.session.commit()
    return ended


def verify_again() -> tuple[Operation, list[int]]:
    """The operation, and the first number of each range that it read."""
    request_verification(by=OMAR)
    newest = select(Operation).order_by(Operation.id.desc()).limit(1)
    read: list[int] = []
    check = ranges.check_range

    def checked(connection, first, last):
        read.append(first)
        return check(connection, first, last)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "check_range", checked)
        return perform(db.session.scalars(newest).one()), read


def test_an_interrupted_one_is_continued(interrupted):
    again, read = verify_again()
    assert again.is_done
    assert read[0] == 41
    once_more, read = verify_again()
    assert once_more.is_done
    assert read[0] == 1


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE operations SET result = \'{"mark": "{\\"entries\\": 60}"}\'',
        "UPDATE operations SET result = '{\"mark\": 7}'",
        "UPDATE operations SET result = '[]'",
        "UPDATE operations SET result = '[1]'",
        "UPDATE operations SET result = '7'",
        "UPDATE operations SET result = NULL",
    ],
)
def test_a_mark_that_is_not_ours_is_not_believed(interrupted, raw, change):
    raw.execute(change)
    again, read = verify_again()
    assert again.is_done
    assert read[0] == 1


def test_what_was_rewritten_before_the_mark_does_not_pass(interrupted, raw):
    with without_triggers(raw):
        rewrite(raw, 15)
    again, _ = verify_again()
    assert again.outcome == "Entry 41 does not continue entry 40: one of the two was replaced."
