"""What others wrote about a studio outlives it and its owner's account, also in restored copies."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, cast
from zipfile import ZipFile

from sqlalchemy import Engine, select, text

from portal.core.clock import now
from portal.core.storage.database import DirectoryModel, changing_directory, db
from portal.directory.models import ReviewStatus, StudioProfile
from portal.directory.restored.applying import end_again
from portal.directory.restored.people import Ending
from portal.directory.reviews.models import OwnReview, ReviewRecord
from portal.directory.users.account.deletion import delete_due_accounts
from portal.directory.users.ended import EndedKind
from portal.directory.users.models import SiteAccount
from tests.directory.reviews.scene import FIRST, Scene, letters, old_review, person, reviews, rows
from tests.directory.rows import add_children, add_studio, add_user, scalar
from tests.support.pages import words


def delete(number: int) -> None:
    with changing_directory():
        db.session.add(SiteAccount(user_id=number, deletion_due_at=now() - timedelta(days=1)))
    assert delete_due_accounts(now()) == 1


def test_reviews_of_a_deleted_studio_stay_with_their_authors(scene: Scene) -> None:
    scene.write()
    scene.approve()
    old_review(scene, scene.nora, status=ReviewStatus.REJECTED)
    delete(scene.olive.number)
    assert (reviews(), rows()) == ([], [])
    listed = scene.nora.client.page("/me/reviews").main
    assert "The studio was deleted" in words(listed)
    assert "A calm session" in words(listed)
    assert len(listed.select(".own-review")) == 2
    buttons = [str(each["action"]) for each in listed.select("form[action$=delete]")]
    assert len(buttons) == 2
    mallory = person(scene.app, "mallory@evil.example", "Mallory")
    assert mallory.client.post(buttons[0]).status_code == 404
    assert len(db.session.scalars(select(ReviewRecord)).all()) == 2
    archive = ZipFile(BytesIO(scene.nora.client.post("/me/export").data))
    kept = json.loads(archive.read("reviews.json"))["of studios that were deleted"]
    assert {(each["studio_name"], each["status"]) for each in kept} == {
        ("Quiet Corner", "approved"), ("Quiet Corner", "rejected"),
    }  # fmt: skip
    assert scene.nora.client.post(buttons[0]).location == "/me/reviews"
    assert len(db.session.scalars(select(ReviewRecord)).all()) == 1
    delete(scene.nora.number)
    assert db.session.scalars(select(ReviewRecord)).all() == []


def test_after_a_hand_over_the_former_owner_takes_no_review_along(scene: Scene) -> None:
    scene.write()
    number = scene.approve()
    petra = person(scene.app, "petra@new.example", "Petra")
    with changing_directory():
        db.session.get_one(StudioProfile, scene.studio.id).user_id = petra.number
    delete(scene.olive.number)
    [review] = reviews()
    assert (review.id, review.owner_id) == (number, petra.number)
    assert db.session.scalars(select(ReviewRecord)).all() == []
    assert scene.nora.client.post(f"{scene.page}/review", data=FIRST).status_code == 409


def test_waiting_edits_are_in_the_export(scene: Scene) -> None:
    scene.write()
    scene.approve()
    scene.write(stars="1")
    archive = ZipFile(BytesIO(scene.nora.client.post("/me/export").data))
    [mine] = json.loads(archive.read("reviews.json"))["written"]
    assert (mine["rating"], mine["new_rating"], mine["studio"]) == (4, 1, "Quiet Corner")
    others = ZipFile(BytesIO(scene.olive.client.post("/me/export").data))
    assert not any(b"calm session" in others.read(name) for name in others.namelist())
    assert len(letters()) == 1


def test_a_restored_legacy_copy_keeps_them_where_it_has_the_table(legacy: Engine) -> None:
    tables = [ReviewRecord.__table__, OwnReview.__table__]
    with legacy.begin() as connection:
        for number in (1, 2, 3):
            add_user(connection, number)
        for studio, owner in ((1, 1), (2, 3)):
            add_studio(connection, studio, owner)
            add_children(connection, studio, owner=1, reviewer=2)
        DirectoryModel.metadata.create_all(connection, tables)  # type: ignore[arg-type]
        born = connection.execute(text("SELECT id, created_at FROM users WHERE id = 1")).one()
    ending = Ending(EndedKind.DELETED, 1, _time(born.created_at), now())
    with legacy.begin() as connection:
        end_again(connection, [ending])
    assert scalar(legacy, "SELECT count(*) FROM users WHERE id = 1") == 0
    assert scalar(legacy, "SELECT studio_name FROM site_review_records") == "Studio 1"
    assert scalar(legacy, "SELECT owner_id FROM reviews") == 3
    assert scalar(legacy, "SELECT count(*) FROM reviews WHERE studio_id = 2") == 1


def _time(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return cast(datetime, found if found.tzinfo else found.replace(tzinfo=UTC))
