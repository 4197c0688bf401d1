"""Killed at any point, an import goes on where it was: each row once. And the way back."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.batches.carrying import carry_out as carry_out_action
from portal.directory.batches.requesting import request_undo
from portal.directory.claims.models import Origin, StudioRestriction
from portal.directory.history.models import Batch, Change
from portal.directory.imports import carrying_out
from portal.directory.imports.carrying_out import carry_out
from portal.directory.imports.files import upload_with
from portal.directory.imports.requests import IMPORT
from portal.directory.imports.tasks import begin_imports_that_wait
from portal.directory.imports.verdicts.judging import CHANGE, SKIP, what_becomes
from portal.directory.models import StudioProfile
from portal.directory.users.models import SiteEvent
from portal.jobs.models import Operation, OperationState
from tests.directory.history.studios import by
from tests.directory.imports.files import Room, csv_of, good, standings, studios, work
from tests.faults import moments
from tests.faults.forks import in_a_fork
from tests.support.cast import make_account

BOTH = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)
SOME, FEW = 20, 4


def killed_before_commit(number: int, upload_id: str) -> None:
    """In a process of its own, before that many transactions are committed."""

    def run() -> None:
        left = [number]

        def alive() -> None:
            left[0] -= 1
            if not left[0]:
                moments.kill()

        carry_out(upload_with(upload_id), advance=lambda *_: None, alive=alive)

    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
    assert in_a_fork(run) == -signal.SIGKILL


@BOTH
def test_a_killed_import_goes_on_and_no_row_is_imported_twice(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(carrying_out, "AT_ONCE", FEW)
    upload, _ = room.checked(csv_of(*(good(each) for each in range(SOME))))
    room.ask_import(upload)
    for transactions, there in ((1, 0), (2, 4), (3, 12)):
        killed_before_commit(transactions, upload.id)
        assert len(studios()) == there
    assert work(IMPORT).outcome == "20 studios were imported."
    for model in (StudioProfile, Origin, Change):
        assert db.session.scalar(select(func.count()).select_from(model)) == SOME
    kinds = [each.details["action"] for each in db.session.scalars(select(SiteEvent))]
    assert kinds.count("studio.imported") == SOME
    batch = db.session.get_one(Batch, upload.id)
    assert len(batch.numbers) == SOME
    assert batch.finished_at is not None
    db.session.rollback()
    assert carry_out(upload_with(upload.id), advance=lambda *_: None)["count"] == SOME
    assert len(studios()) == SOME


def test_the_worker_finds_an_import_that_nobody_works_on(room: Room):
    upload, _ = room.checked(csv_of(good(1)))
    room.ask_import(upload)
    db.session.rollback()
    with db.session.begin():
        for each in db.session.scalars(select(Operation).where(Operation.kind == IMPORT)):
            each.state, each.finished_at = OperationState.FAILED, now() - timedelta(minutes=1)
    begin_imports_that_wait()
    begin_imports_that_wait()
    query = select(Operation).where(Operation.kind == IMPORT, Operation.state == "waiting")
    assert len(db.session.scalars(query).all()) == 1
    assert work(IMPORT).outcome == "1 studio was imported."
    begin_imports_that_wait()
    assert db.session.scalars(query).all() == []


def test_a_directory_that_was_restored_ends_the_import_with_a_sentence(room: Room):
    upload, _ = room.checked(csv_of(good(1)))
    room.ask_import(upload)
    db.session.rollback()
    with changing_directory():
        db.session.delete(db.session.get_one(Batch, upload.id))
    assert "restored to a time before" in (work(IMPORT).outcome or "")
    assert "restored to a time before" in room.page(upload)
    assert studios() == []


def test_an_import_is_taken_back_where_nothing_changed_since(room: Room):
    room.imported(csv_of(good(1), good(2)))
    upload, found = room.imported(csv_of(good(1, "Birch 1 Room", "Leeds"), good(3), good(4)))
    assert standings(found) == ["update", "new", "new"]
    with changing_directory():
        edited = db.session.get_one(StudioProfile, studios()[3].id)
        edited.phone, edited.name = "020 7946 0018", "Edited"
    undo = request_undo(upload.id, by=by(make_account("ana")))
    carry_out_action(undo)
    first, _, third, fourth = studios()
    assert (first.name, first.city) == ("Birch 1 Rooms", "London")
    deleted = db.session.scalars(
        select(StudioRestriction.user_id).where(StudioRestriction.deleted_at.is_not(None))
    ).all()
    assert deleted == [third.user_id]
    assert fourth.name == "Edited"
    _, found = room.checked(csv_of(good(3)))
    assert (standings(found), found[0].why) == (
        *(["deleted"], "It was imported before, and deleted since by staff."),
    )


def test_an_address_that_an_import_changed_is_given_back_with_the_rest(room: Room):
    head = ("id", "name", "city", "email")
    row = ("A-1", "Amber 1 Rooms", "London")
    room.imported(csv_of((*row, "old@studio.example"), head=head))
    upload, found = room.imported(csv_of((*row, "new@studio.example"), head=head))
    assert standings(found) == ["update"]
    ana = by(make_account("ana"))
    carry_out_action(request_undo(upload.id, by=ana))
    db.session.rollback()
    origin = db.session.scalars(select(Origin)).one()
    assert (origin.email, origin.fingerprint) == ("old@studio.example", "")


def test_what_the_dry_run_says_is_what_the_import_does(room: Room):
    """For a file with each kind of row."""
    room.imported(csv_of(*(good(each) for each in range(6))))
    rows = [
        *(good(0), good(1, city="Leeds"), good(2, "Nothing Alike"), good(7), good(7, "Kestrel 7")),
        *(
            ("", "", "", "", ""),
            ("", "Dune 3 Rooms", "London", "", ""),
            good(8, "x" * 300),
            good(9),
        ),
    ]
    before = {each.id: (each.name, each.city) for each in studios()}
    upload, found = room.checked(csv_of(*rows))
    changed = {each.number for each in found if what_becomes(each, {}) == CHANGE}
    new = [each.name for each in found if what_becomes(each, {}) not in {SKIP, CHANGE}]
    room.ask_import(upload, without_bad="y")
    work(IMPORT)
    after = {each.id: (each.name, each.city) for each in studios()}
    assert {number for number, said in before.items() if after[number] != said} == changed
    assert [name for number, (name, _) in after.items() if number not in before] == new
    assert upload_with(upload.id).ended == {
        "count": len(new) + len(changed),
        "left": {},
        "stopped": None,
    }


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_two_files_with_the_same_keys_at_once_make_each_studio_once(
    room: Room, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(carrying_out, "AT_ONCE", FEW)
    content = csv_of(*(good(each) for each in range(SOME)))
    asked = [room.checked(content)[0] for _ in range(2)]
    for upload in asked:
        assert room.ask_import(upload).status_code == 303
    barrier = threading.Barrier(2)

    def run(number: str) -> dict[str, Any]:
        with app.app_context():
            barrier.wait()
            try:
                return carry_out(upload_with(number), advance=lambda *_: None) or {}
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(run, [each.id for each in asked]))
    assert sum(each["count"] for each in ended) == SOME
    assert sum(len(each["left"]) for each in ended) == SOME
    assert len(studios()) == SOME
