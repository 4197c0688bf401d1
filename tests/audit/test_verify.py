"""`flask audit verify` names the first bad entry, whatever was done to the file by hand."""

import json
import sqlite3

import pytest
from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.audit.chain.hashing import leaf_of, link
from portal.audit.chain.verification import verify_log
from portal.audit.models import AuditEntry, Outcome
from portal.audit.service import record
from portal.core.storage.database import db
from tests.audit.conftest import without_triggers


def edit(raw: sqlite3.Connection, seq: int, **changes: object) -> None:
    """Change a record, and give it a hash that fits."""
    (text,) = raw.execute("SELECT canonical FROM audit WHERE seq = ?", (seq,)).fetchone()
    text = json.dumps(json.loads(text) | changes, sort_keys=True, separators=(",", ":"))
    raw.execute(
        "UPDATE audit SET canonical = ?, leaf = ? WHERE seq = ?", (text, leaf_of(text), seq)
    )


def fault() -> str | None:
    return verify_log().fault


def test_a_whole_log_holds_and_the_check_is_recorded(five, verify):
    done = verify()
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("All 5 entries hold. The chain ends in ")
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (last.seq, last.action, last.actor_role) == (6, "audit.verified", "console")
    db.session.rollback()
    assert verify().out.startswith("All 6 entries hold.")


def test_35_an_edited_entry(raw, five, verify):
    with without_triggers(raw):
        raw.execute(
            "UPDATE audit SET canonical = replace(canonical, 'target 3', 'target 9') WHERE seq = 3"
        )
    done = verify()
    assert done.code == 1
    assert done.err == (
        "Error: The record of entry 3 was changed: its hash is not the one it was given.\n"
    )


def test_a_deleted_entry(raw, five, verify):
    with without_triggers(raw):
        raw.execute("DELETE FROM audit WHERE seq = 2")
    done = verify()
    assert (done.code, done.err) == (1, "Error: Entry 2 is missing.\n")


def test_two_swapped_entries(raw, five, verify):
    with without_triggers(raw):
        raw.execute("UPDATE audit SET seq = 99 WHERE seq = 2")
        raw.execute("UPDATE audit SET seq = 2 WHERE seq = 4")
        raw.execute("UPDATE audit SET seq = 4 WHERE seq = 99")
    done = verify()
    assert (done.code, done.err) == (1, "Error: Entry 2 holds the record of entry 4.\n")


def test_35_an_entry_deleted_and_written_again(raw, five, verify):
    with without_triggers(raw):
        row = list(raw.execute("SELECT * FROM audit WHERE seq = 3").fetchone())
        raw.execute("DELETE FROM audit WHERE seq = 3")
        raw.execute(f"INSERT INTO audit VALUES ({','.join('?' * len(row))})", row)
        edit(raw, 3, target="target 9")
    done = verify()
    assert done.code == 1
    assert "Entry 3 does not continue entry 2: one of the two was replaced." in done.err


def test_35_a_tail_that_was_cut_off(raw, five, verify):
    with without_triggers(raw):
        raw.execute("DELETE FROM audit WHERE seq > 3")
    done = verify()
    assert done.code == 1
    assert "Entry 4 and all after it are missing: there were 5." in done.err


def test_after_a_cut_the_log_goes_on_and_the_gap_stays_to_be_seen(raw, five):
    with without_triggers(raw):
        raw.execute("DELETE FROM audit WHERE seq > 3")
    record("test.happened", by=SYSTEM)
    db.session.commit()
    assert fault() == "Entry 4 is missing."


def test_a_first_entry_that_was_deleted(attacker):
    attacker.execute("DELETE FROM audit WHERE seq = 1")
    assert fault() == "Entry 1 is missing."


def test_an_entry_with_the_number_zero(attacker):
    attacker.execute("UPDATE audit SET seq = 0 WHERE seq = 1")
    assert fault() == "Entry 0 is out of turn."


def test_an_entry_rewritten_with_its_chain(attacker):
    (before,) = attacker.execute("SELECT chain FROM audit WHERE seq = 2").fetchone()
    edit(attacker, 3, target="target 9")
    (leaf,) = attacker.execute("SELECT leaf FROM audit WHERE seq = 3").fetchone()
    attacker.execute(
        "UPDATE audit SET chain = ?, target = 'target 9' WHERE seq = 3", (link(before, leaf),)
    )
    assert fault() == "Entry 4 does not continue entry 3: one of the two was replaced."


def test_a_last_entry_rewritten_with_its_chain(attacker):
    (before,) = attacker.execute("SELECT chain FROM audit WHERE seq = 4").fetchone()
    edit(attacker, 5, target="target 9")
    (leaf,) = attacker.execute("SELECT leaf FROM audit WHERE seq = 5").fetchone()
    attacker.execute(
        "UPDATE audit SET chain = ?, target = 'target 9' WHERE seq = 5", (link(before, leaf),)
    )
    assert fault() == "Entry 5 is not the one that the head of the log knows."


@pytest.mark.parametrize(
    "text", ["{}", "[]", "nothing", '{"seq": 3}', '{"seq":3.0}', '{"b":1,"a":2}', ""]
)
def test_a_record_that_is_none(attacker, text):
    attacker.execute("UPDATE audit SET canonical = ? WHERE seq = 3", (text,))
    assert verify_log().first_bad == 3


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("at", "2020-01-01 00:00:00.000000", "time"),
        ("actor_id", 7, "actor"),
        ("actor_role", "admin", "role"),
        ("action", "test.forged", "action"),
        ("outcome", "refused", "outcome"),
        ("target", "target 9", "target"),
    ],
)
def test_an_index_column_that_says_something_else(attacker, column, value, word):
    attacker.execute(f"UPDATE audit SET {column} = ? WHERE seq = 3", (value,))
    assert fault() == f"Entry 3 is listed with another {word} than it records."


@pytest.mark.parametrize("salt", ["x'00ff'", "'text'"])
@pytest.mark.parametrize("seq", [-1, 0, 3, 6, 10**6])
def test_a_personal_value_that_was_never_recorded(raw, five, verify, seq, salt):
    """The tables are append-only, and adding is all that it takes."""
    raw.execute(f"INSERT INTO audit_personal VALUES ({seq}, 'address', {salt}, '203.0.113.9')")
    assert f"The address kept beside entry {seq} " in str(fault())
    if seq == 3:
        assert verify().code == 1


def test_a_personal_value_that_was_changed_and_one_that_was_erased(attacker):
    attacker.execute("DELETE FROM audit_personal WHERE seq = 2")
    assert "unguarded" in (fault() or "")
    attacker.execute("UPDATE audit_personal SET value = 'Ana' WHERE seq = 3")
    assert fault() == "The name kept beside entry 3 is not the one it recorded."


def test_an_entry_added_past_the_head(attacker):
    attacker.execute("UPDATE audit_head SET seq = 4")
    assert fault() == "Entry 5 was added by hand: the head knows 4."


def test_a_head_that_is_missing(raw, five, verify):
    with without_triggers(raw):
        raw.execute("DELETE FROM audit_head")
    done = verify()
    assert done.code == 1
    assert "The head of the log is missing." in done.err
    assert "could not be recorded" in done.err
    assert "Traceback" not in done.err


def test_triggers_that_are_missing(attacker):
    assert fault() == (
        "All 5 entries hold, but the log is unguarded: audit_head_in_turn is missing; "
        "audit_head_no_delete is missing; audit_head_one_row is missing; audit_in_turn is missing; "
        "audit_no_delete is missing; audit_no_update is missing; audit_personal_no_update is "
        "missing."
    )


EMPTY = "BEGIN SELECT 1; END"
TAMPERED = [
    (
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN 1 {EMPTY}",
        "audit_no_update was replaced by another of the same name",
    ),
    (
        (
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN 0\n"
            "BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END"
        ),
        "audit_no_update was replaced",
    ),
    (
        (
            "CREATE TRIGGER audit_no_update BEFORE UPDATE OF seq ON audit WHEN 1\n"
            "BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END"
        ),
        "audit_no_update was replaced",
    ),
    (
        (
            "CREATE TRIGGER audit_no_update AFTER UPDATE ON audit WHEN 1\n"
            "BEGIN SELECT RAISE(IGNORE); END"
        ),
        "audit_no_update was replaced",
    ),
    (
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON accounts WHEN 1 {EMPTY}",
        "audit_no_update is missing",
    ),
    (
        (
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_personal WHEN 1\n"
            "BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END"
        ),
        "audit_no_update is missing; audit_no_update on audit_personal is not the product’s",
    ),
]


@pytest.mark.parametrize(("statement", "words"), TAMPERED)
def test_35_a_trigger_replaced_under_its_name_is_named(raw, five, verify, statement, words):
    raw.execute("DROP TRIGGER audit_no_update")
    raw.execute(statement)
    assert words in (fault() or "")


def test_a_trigger_emptied_under_its_name_fails_the_command(raw, five, verify):
    raw.execute("DROP TRIGGER audit_no_delete")
    raw.execute(f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN 1 {EMPTY}")
    done = verify()
    assert done.code == 1
    assert "the log is unguarded: audit_no_delete was replaced by another" in done.err


@pytest.mark.parametrize("table", ["audit", "AUDIT", '"audit"', "audit_personal", "audit_head"])
def test_one_more_trigger_that_swallows_entries_is_named(raw, five, table):
    raw.execute(f"CREATE TRIGGER extra BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END")
    name = table.strip('"').lower()
    assert f"extra on {name} is not the product’s" in (fault() or "")


def test_the_largest_numbers_that_a_record_can_hold_are_canonical(app):
    record("test.happened", by=SYSTEM, details={"most": 2**53 - 1, "least": 1 - 2**53})
    db.session.commit()
    assert fault() is None


def test_a_log_longer_than_one_batch(app):
    for _ in range(1201):
        record("test.happened", by=SYSTEM)
    db.session.commit()
    result = verify_log()
    assert (result.entries, result.fault) == (1201, None)


def test_a_bad_log_is_recorded_as_such(raw, five, verify):
    with without_triggers(raw):
        raw.execute("DELETE FROM audit WHERE seq = 2")
    verify()
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (last.action, last.outcome) == ("audit.verified", Outcome.FAILED)
    assert json.loads(last.canonical)["details"]["first_bad"] == 2
