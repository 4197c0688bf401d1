"""Each studio is changed once, whatever dies in between or acts at the same time, on both
engines."""

import signal
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.audit.actor import SYSTEM
from portal.audit.chain.verification import verify_log
from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Unavailable
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.directory.batches import carrying, operations
from portal.directory.batches.carrying import carry_out
from portal.directory.batches.requesting import request_batch, request_undo
from portal.directory.history.models import Batch, Change
from portal.directory.models import StudioProfile
from portal.directory.users.draining import drain_events
from portal.directory.users.models import SiteEvent, SiteLetter
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import perform
from tests.directory.history.studios import REASON, do, make_studios, studio, undo, work
from tests.faults import moments
from tests.faults.forks import in_a_fork
from tests.support.databases import file_of

BOTH = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)
SOME, FEW = 40, 4


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "AT_ONCE", FEW)


def count(model: type, *where: object) -> int:
    found = db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0
    db.session.rollback()
    return found


def featured() -> int:
    return count(StudioProfile, StudioProfile.is_featured)


def at_once(app: Flask, doing: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each returns, in threads that begin together."""
    barrier = threading.Barrier(len(doing))

    def run(do_it: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait()
            try:
                return do_it()
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(len(doing)) as pool:
        return list(pool.map(run, doing))


def killed_after(transactions: int, batch_id: str) -> None:
    """In the middle of the one that follows them, when all of it is written and nothing
    committed."""

    def run() -> None:
        db.session.remove()
        db.engine.dispose(close=False)
        left, note = [transactions * FEW], carrying.note_change

        def noted(*args: object, **more: object) -> object:
            left[0] -= 1
            row = note(*args, **more)
            if left[0] < 0:
                db.session.flush()
                moments.kill()
            return row

        carrying.note_change = noted
        carry_out(batch_id)

    db.session.remove()
    db.engine.dispose()
    assert in_a_fork(run) == -signal.SIGKILL


@BOTH
def test_a_killed_worker_changes_nothing_twice_and_leaves_nothing(ana) -> None:
    numbers = make_studios(SOME)
    batch_id = request_batch("feature", numbers, by=ana)
    for transactions in (0, 3, 2):
        killed_after(transactions, batch_id)
    assert featured() == 5 * FEW
    assert db.session.get_one(Batch, batch_id).finished_at is None

    [operation] = work()

    assert operation.is_done, operation.outcome
    assert operation.outcome == f"{SOME} studios featured."
    assert (featured(), count(Change), count(SiteEvent)) == (SOME, SOME, SOME)
    assert db.session.get_one(Batch, batch_id).refused == {}


@BOTH
def test_two_at_once_leave_each_studio_consistent(ana, app) -> None:
    """One hides and deletes what the other publishes and hides: no half, no error."""
    numbers = make_studios(SOME)
    batches = [
        request_batch("hide", numbers, by=ana, reason=REASON),
        request_batch("delete", numbers[::-1], by=ana, reason=REASON),
    ]
    batches += [batches[0]]  # two processes with the same one

    at_once(app, [partial(carry_out, each) for each in batches])

    hidden, deleted = (db.session.get_one(Batch, each) for each in batches[:2])
    assert deleted.refused == {}
    assert set(hidden.refused.values()) <= {"It was deleted by staff. Bring it back first."}
    assert count(Change) == 2 * SOME - len(hidden.refused)
    for number in numbers:
        rows = db.session.scalars(
            select(Change).where(Change.studio_number == number).order_by(Change.at)
        ).all()
        assert [each.action for each in rows][-1] == "studio.deleted"
        assert rows[-1].before["deleted_at"] is None
        if len(rows) == 2:
            assert rows[1].before.get("status", "inactive") == rows[0].after["status"]
    assert not any(studio(each).is_listed for each in numbers)


def test_two_undos_at_once_are_one_and_a_sentence(ana, app) -> None:
    batch_id = do("feature", make_studios(2), ana).id

    def run() -> str:
        try:
            return request_undo(batch_id, by=ana)
        except Conflict as error:
            return str(error)

    said = at_once(app, [run, run])
    assert sum(each == "It was taken back already by Ana. Nothing was changed twice."
               for each in said) == 1  # fmt: skip
    work()
    assert (featured(), count(Batch)) == (0, 2)


def test_in_maintenance_nothing_is_asked_for_and_what_was_goes_on_afterwards(ana, target) -> None:
    numbers = make_studios(SOME)
    batch_id = request_batch("feature", numbers, by=ana)
    begin_maintenance(target, because="A change", by=SYSTEM)
    with pytest.raises(Unavailable):
        request_batch("verify", numbers, by=ana)
    assert work() == []
    end_maintenance(target, by=SYSTEM)
    assert [each.is_done for each in work()] == [True]
    assert featured() == SOME
    assert db.session.get_one(Batch, batch_id).finished_at


def test_maintenance_that_begins_meanwhile_stops_it_between_two_transactions(
    ana, target, monkeypatch
) -> None:
    numbers = make_studios(SOME)
    request_batch("feature", numbers, by=ana)
    do_some, begun = carrying._carry_some, list[int]()

    def then_maintenance(*args: object, **more: object) -> None:
        do_some(*args, **more)
        begun.append(1)
        if len(begun) == 2:
            begin_maintenance(target, because="A change", by=SYSTEM)

    with monkeypatch.context() as patch:
        patch.setattr(carrying, "_carry_some", then_maintenance)
        [operation] = work()
    assert (operation.state, featured()) == (OperationState.FAILED, 2 * FEW)
    end_maintenance(target, by=SYSTEM)
    assert work() == [], "it waits some seconds"
    monkeypatch.setattr(operations, "FIRST", operations.FIRST * 0)
    assert [each.is_done for each in work()] == [True]
    assert featured() == SOME
    requested = AuditEntry.action == "batch.requested"
    assert count(AuditEntry, requested) == 1


def test_one_that_can_not_be_read_ends_no_other(ana, target) -> None:
    numbers = make_studios(SOME)
    with closing(sqlite3.connect(file_of(target))) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        odd = "UPDATE studio_profiles SET verification_level = 'odd' WHERE id = ?"
        raw.execute(odd, (numbers[1],))
        raw.commit()
    batch = do("feature", numbers, ana)
    assert batch.refused == {str(numbers[1]): carrying.ODD}
    assert count(Change) == SOME - 1


@BOTH
def test_hundreds_are_each_in_the_audit_log_once(ana, app, target, monkeypatch) -> None:
    """Two drain at once, and a backup brings all of the events back."""
    monkeypatch.setattr(carrying, "AT_ONCE", 50)
    numbers = make_studios(150)
    batch = do("feature", numbers, ana)
    back = undo(batch, ana)
    with changing_directory():
        odd = db.session.scalars(select(SiteEvent).limit(3)).all()
        odd[0].details, odd[1].details = "x", {**odd[1].details, "account": "ana", "fields": 7}
        odd[2].details = {**odd[2].details, "action": "ticket.approved"}
    kept = [dict(row) for row in db.session.execute(select(SiteEvent.__table__)).mappings()]
    db.session.rollback()

    drained = at_once(app, [lambda: drain_events(target)] * 2)
    assert sum(drained) == 2 * len(numbers)
    with changing_directory():
        db.session.execute(SiteEvent.__table__.insert(), kept)
    assert drain_events(target) == 0
    assert count(SiteEvent) == 0

    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    of = {
        name: [each for each in entries if each.action == name]
        for name in ("studio.featured", "studio.returned", "event.unreadable")
    }
    assert sum(map(len, of.values())) == 2 * len(numbers)
    assert len(of["event.unreadable"]) == 2, "no other action comes from a directory"
    one = next(each for each in of["studio.featured"] if '"account' not in each.canonical)
    assert f'"batch":"{batch.id}"' in one.canonical
    assert '"subject":"studio ' in one.canonical
    assert one.target == "development"
    assert {each.actor_id for each in of["studio.returned"]} <= {ana.number, None}
    assert [each.action for each in entries if each.action.startswith("batch.")] == [
        *("batch.requested", "batch.undone")
    ]
    assert back.refused == {}
    assert verify_log().fault is None
    assert count(SiteLetter) == 0


def test_the_page_and_the_worker_ask_for_one_operation(ana, target) -> None:
    batch_id = request_batch("feature", make_studios(1), by=ana)
    asked = operations.Asked.of(db.session.get_one(Batch, batch_id), "")
    for _ in range(2):
        operations.begin_operation(target.name, asked)
    [operation] = db.session.scalars(select(Operation)).all()
    assert perform(operation).is_done
    operations.begin_operation(target.name, asked)
    assert count(Operation) == 1
