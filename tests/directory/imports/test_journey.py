"""A file of studios, from the upload to the studios and back."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.core.storage.database import changing_directory, db
from portal.directory.claims.models import Origin
from portal.directory.history.models import Batch, Change
from portal.directory.imports.files import delete_old, upload_with
from portal.directory.imports.requests import IMPORT
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.users.models import SiteEvent, SiteLetter
from tests.directory.imports.files import (
    HEAD,
    PAGE,
    Room,
    counts,
    csv_of,
    good,
    standings,
    studios,
    work,
)
from tests.support.cast import log_in, make_account


def test_a_file_becomes_studios_that_belong_to_nobody(room: Room):
    assert "No file yet" in room.client.get(PAGE).get_data(as_text=True)
    head = (*HEAD, "E-Mail", "Phone", "Colour")
    upload = room.uploaded(
        csv_of(
            (*good(1), "soho@example.com", "020 7946 0018", "red"),
            ("A-2", "Studio Zoë", "Köln", "", "", "", "", ""),
            head=head,
        )
    )
    page = room.page(upload)
    assert "Zoë" in page
    assert "red" in page
    assert "Colour" in page
    assert upload.columns == {
        0: "key", 1: "name", 2: "city", 3: "short_about", 4: "types", 5: "email", 6: "phone"
    }  # fmt: skip
    upload, found = room.checked(
        csv_of(
            (*good(1), "soho@example.com", "020 7946 0018", "red"),
            ("A-2", "Studio Zoë", "Köln", "", "", "", "", ""),
            head=head,
        ),
        status="published",
    )
    assert standings(found) == ["new", "new"]
    assert studios() == []
    assert "Import 2 studios into development" in room.page(upload)
    assert room.ask_import(upload).status_code == 303
    assert work(IMPORT).outcome == "2 studios were imported."

    first, second = studios()
    assert (first.status, first.is_profile_visible) == (StudioStatus.ACTIVE, True)
    assert (second.status, second.city) == (StudioStatus.DRAFT, "Köln")
    assert second.latitude is not None
    assert not first.show_phone
    owner = db.session.get_one(User, first.user_id)
    assert not owner.email_verified
    assert "soho" not in owner.email
    origin = db.session.scalars(select(Origin).order_by(Origin.studio_number)).first()
    assert origin is not None
    assert (origin.key, origin.email) == ("A-1", "soho@example.com")
    assert db.session.scalar(select(func.count()).select_from(SiteLetter)) == 0
    change = db.session.scalars(select(Change).where(Change.studio_number == first.id)).one()
    assert (change.action, change.batch_id, change.before["name"]) == (
        *("studio.imported", upload.id),
        None,
    )
    actions = [each.details["action"] for each in db.session.scalars(select(SiteEvent))]
    assert sorted(actions) == ["batch.requested", "studio.imported", "studio.imported"]
    assert db.session.get_one(Batch, upload.id).numbers == [first.id, second.id]
    shown = room.page(upload)
    assert "2 studios were imported" in shown
    assert f"/ops/directory/actions/{upload.id}" in shown
    assert room.client.get(f"/ops/directory/actions/{upload.id}").status_code == 200
    assert "imported" in room.client.get(PAGE).get_data(as_text=True)
    assert room.ask_import(upload).status_code == 409


def test_what_is_run_again_changes_nothing(room: Room):
    rows = [good(each) for each in range(20)]
    room.imported(csv_of(*rows))
    upload, found = room.checked(csv_of(*rows))
    assert counts(found) == {"unchanged": 20}
    assert "No row is left to import" in room.page(upload)
    assert room.ask_import(upload).status_code == 409
    changed = [*rows[:19], ("A-19", rows[19][1], "Leeds", "Quiet.", "podcast; home")]
    upload, found = room.imported(csv_of(*changed))
    assert counts(found) == {"unchanged": 19, "update": 1}
    assert found[19].why == "Changes types, city and coordinates."
    studio = studios()[19]
    assert studio.city == "Leeds"
    change = db.session.scalars(select(Change).where(Change.batch_id == upload.id)).one()
    assert change.before == {"city": "London", "types": ["podcast"]}
    assert change.after == {"city": "Leeds", "types": ["home", "podcast"]}
    assert len(studios()) == 20


def test_a_dry_run_names_all_bad_rows_and_no_good_one(room: Room):
    bad = dict.fromkeys(range(7, 5000, 100), "x" * 201)
    rows = [good(each, bad.get(each, ""), f"Town {each}") for each in range(5000)]
    upload, found = room.checked(csv_of(*rows))
    assert [each.line for each in found if each.problems] == [each + 2 for each in bad]
    assert counts(found) == {"new": 4950, "bad": 50}
    assert all(each.problems == [[1, SENTENCE]] for each in found if each.problems)
    assert studios() == []
    page = room.page(upload)
    assert page.count(SENTENCE) == 50
    assert "Line" in page
    download = room.client.get(f"{PAGE}/{upload.id}/rows.csv").get_data(as_text=True)
    assert download.count("\r\n") == 51
    assert f"name: {SENTENCE}" in download
    refused = room.ask_import(upload)
    assert refused.status_code == 422
    assert "Tick this" in refused.get_data(as_text=True)
    assert studios() == []


SENTENCE = "This can have at most 200 characters."


def test_the_owner_of_a_studio_keeps_it(room: Room):
    room.imported(csv_of(good(1), good(2), good(3)))
    mine, theirs, gone = studios()
    with changing_directory():
        owner = User(
            email="olive@example.com", username="olive", display_name="O", password_hash="!"
        )
        db.session.add(owner)
        db.session.flush()
        db.session.get_one(StudioProfile, mine.id).user_id = owner.id
        db.session.delete(db.session.get_one(StudioProfile, gone.id))
    rows = [("A-1", "Taken", "Rome", "", ""), ("A-3", "Back", "Rome", "", "")]
    upload, found = room.checked(csv_of(*rows))
    assert standings(found) == ["owned", "deleted"]
    page = room.page(upload)
    assert "Belong to an owner" in page
    assert "deleted since by its owner" in page
    _, found = room.checked(csv_of((f"x-{theirs.id}", "Taken", "Rome", "", "")))
    assert standings(found) == ["new"]
    assert studios()[0].name != "Taken"


def test_what_changes_between_dry_run_and_import_is_left(room: Room):
    room.imported(csv_of(good(1)))
    upload, found = room.checked(csv_of(good(1, "Birch 1 Room"), good(2)))
    assert standings(found) == ["update", "new"]
    other, _ = room.checked(csv_of(good(2)))
    room.ask_import(other)
    work(IMPORT)
    with changing_directory():
        owner = User(email="o@example.com", username="o", display_name="O", password_hash="!")
        db.session.add(owner)
        db.session.flush()
        studios_now = db.session.scalars(select(StudioProfile)).all()
        next(each for each in studios_now if each.name == "Birch 1 Rooms").user_id = owner.id
    room.ask_import(upload)
    assert work(IMPORT).outcome == "0 studios were imported. 2 rows were left as they are."
    assert set(upload_with(upload.id).ended["left"]) == {"2", "3"}
    assert "claimed since the dry run" in room.page(upload)


def test_a_discarded_file_is_deleted_and_stays_in_the_list(room: Room):
    upload = room.uploaded(csv_of(good(1)))
    answer = room.client.post(f"{PAGE}/{upload.id}/discard", follow_redirects=True)
    assert "discarded" in answer.get_data(as_text=True)
    assert "This file was discarded" in room.page(upload)
    assert room.map(upload).status_code == 409
    assert delete_old(upload.uploaded + timedelta(days=29)) == 0
    assert delete_old(upload.uploaded + timedelta(days=31)) == 1
    assert room.client.get(f"{PAGE}/{upload.id}").status_code == 404


@pytest.mark.parametrize("who", ["omar", "cleo"])
def test_only_admins_import(room: Room, who: str):
    upload = room.uploaded(csv_of(good(1)))
    log_in(room.client, make_account(who))
    for address in (PAGE, f"{PAGE}/{upload.id}", f"{PAGE}/{upload.id}/rows.csv"):
        assert room.client.get(address).status_code in {403, 404}, address
    assert room.upload(csv_of(good(1))).status_code in {403, 404}
    assert room.ask_import(upload).status_code in {403, 404}
    assert room.client.get("/ops/directory.csv").status_code in {403, 404}


def test_a_file_of_nobody_is_no_page(room: Room):
    assert room.client.get(f"{PAGE}/{UUID(int=4)}").status_code == 404
