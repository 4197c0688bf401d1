"""Recording: what an event says, and that it stands or falls with its change."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
import time_machine
from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.audit.actor import SYSTEM
from portal.audit.chain.hashing import GENESIS, commitment, leaf_of, link
from portal.audit.chain.verification import verify_log
from portal.audit.models import AuditEntry, AuditHead, AuditPersonal, Outcome, Personal
from portal.audit.origin import Origin, name_session, set_origin
from portal.audit.service import record, record_now
from portal.core.storage.database import db, reading
from tests.support.cast import make_account


def entries() -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


def said() -> dict:
    return json.loads(entries()[-1].canonical)


def test_an_event_says_who_what_when_and_how_it_ended(app):
    ana = make_account("ana")
    with time_machine.travel(datetime(2026, 11, 22, 14, 32, 5, 123, tzinfo=UTC), tick=False):
        record(
            "thing.done",
            ana,
            by=ana,
            outcome=Outcome.FAILED,
            target="production",
            details={"rows": 642, "was": None},
            reason="It broke.",
        )
    assert said() == {
        "v": 1,
        "seq": 1,
        "at": "2026-11-22T14:32:05.000123Z",
        "actor": {"id": ana.id, "role": "admin"},
        "request": None,
        "personal": said()["personal"],
        "action": "thing.done",
        "subject": f"accounts/{ana.id}",
        "outcome": "failed",
        "target": "production",
        "details": {"rows": 642, "was": None},
        "reason": "It broke.",
    }


def test_hash_and_chain_are_the_documented_ones(app):
    record("one", by=SYSTEM)
    record("two", by=SYSTEM)
    one, two = entries()
    assert (
        one.leaf == sha256(b"\x00" + one.canonical.encode()).hexdigest() == leaf_of(one.canonical)
    )
    first = sha256(b"\x02" + bytes(32) + bytes.fromhex(one.leaf)).hexdigest()
    assert one.chain == first == link(GENESIS, one.leaf)
    assert two.chain == link(one.chain, two.leaf)
    head = db.session.get(AuditHead, 1)
    assert (head.seq, head.chain) == (2, two.chain)


def test_an_address_that_is_a_key_is_in_no_entry(app):
    key = "/client/links/abc.DEF-123_secret"
    details = {"to": key, "more": [f"see https://studios.example{key}?x=1", {"deep": key}]}
    record("thing.done", key, by=make_account("ana"), target=key, details=details, reason=key)

    assert "secret" not in entries()[-1].canonical
    assert said()["reason"] == "/client/links/…"


def test_personal_values_stand_beside_the_log_and_only_commitments_in_it(app):
    set_origin(Origin(request="r1", address="203.0.113.9"))
    name_session("17")
    record("thing.done", by=make_account("ana"))
    set_origin(None)
    entry = entries()[-1]
    rows = {row.field: row for row in db.session.scalars(select(AuditPersonal))}
    assert {field: row.value for field, row in rows.items()} == {
        Personal.NAME: "Ana",
        Personal.ADDRESS: "203.0.113.9",
        Personal.SESSION: "17",
    }
    assert "203.0.113.9" not in entry.canonical
    assert "Ana" not in entry.canonical
    for field, row in rows.items():
        assert said()["personal"][field] == commitment(row.salt, row.value)
    assert len({row.salt for row in rows.values()}) == 3
    assert said()["request"] == "r1"


def test_the_change_and_its_event_are_undone_together(app):
    ana = make_account("ana")
    ana.name = "Anna"
    record("account.renamed", ana, by=ana)
    db.session.rollback()
    assert (ana.name, entries()) == ("Ana", [])
    assert db.session.get(AuditHead, 1).seq == 0


def test_34_without_the_log_there_is_no_change(app, raw):
    ana = make_account("ana")
    raw.execute("DROP TABLE audit")
    ana.name = "Anna"
    with pytest.raises(Exception, match="no such table"):
        record("account.renamed", ana, by=ana)
    db.session.rollback()
    assert db.session.scalar(select(Account.name)) == "Ana"


def test_nothing_is_recorded_where_the_transaction_only_reads(app):
    with reading(), pytest.raises(RuntimeError, match="only reads"):
        record("thing.done", by=SYSTEM)


def test_record_now_writes_beside_a_reading_transaction(app):
    make_account("ana")
    with reading():
        assert db.session.scalar(select(func.count(Account.id))) == 1
        record_now("page.read", by=SYSTEM)
        db.session.rollback()
    assert [entry.action for entry in entries()] == ["page.read"]


def test_record_now_refuses_to_wait_for_the_lock_its_own_session_holds(app):
    record("thing.done", by=SYSTEM)
    with pytest.raises(RuntimeError, match="Commit or roll back"):
        record_now("page.read", by=SYSTEM)


def test_hostile_words_are_recorded_and_stay_one_text(app):
    record("thing.done", by=SYSTEM, target="a\ud800b\x00\u2028", details={"n": 2**60, "x": 1.5})
    db.session.commit()
    entry = entries()[-1]
    assert entry.target == "a\ufffdb\x00\u2028"
    assert said()["details"] == {"n": str(2**60), "x": "1.5"}


def record_around_savepoints():
    for target in ("undone", "undone as well"):
        with db.session.begin_nested() as nested:
            record("test.happened", by=SYSTEM, target=target)
            nested.rollback()
    record("test.happened", by=SYSTEM, target="kept")
    record("test.happened", by=SYSTEM, target="and this")
    db.session.commit()


def test_what_a_savepoint_took_back_leaves_no_gap_in_the_log(app):
    """The end of the log is remembered within a transaction: not what was undone in it."""
    record("test.happened", by=SYSTEM, target="kept from before")
    record_around_savepoints()
    assert [each.seq for each in db.session.scalars(select(AuditEntry))] == [1, 2, 3]
    assert verify_log().fault is None
