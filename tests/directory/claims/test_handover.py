"""A studio goes to another person with what is its own, and back where nothing changed since."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.handover import changed_since, hand_back, hand_over
from portal.directory.claims.models import StudioRestriction
from portal.directory.history.models import Change, ChangedBy, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import (
    Review,
    ReviewStatus,
    StudioImage,
    StudioProfile,
    StudioStatus,
    User,
)
from portal.directory.owners.models import SiteMessage, StudioDetails, StudioHours
from portal.directory.reports.models import PictureCheck
from portal.directory.users.account.deletion import delete_due_accounts
from portal.directory.users.models import SiteAccount, SiteEvent
from portal.directory.users.placeholder_addresses import new_placeholder_address
from tests.directory.claims.conftest import owner_of, slug
from tests.directory.pages.studios import make_review, make_studio
from tests.support.client import PortalClient
from tests.support.owners import make_user

ADA = By(ChangedBy.STAFF, 3, "Ada")


@pytest.fixture
def full(site: Flask) -> int:
    """A studio of a person, with a row in each table that belongs to it."""
    studio = make_studio(pictures=("/images/" + "ab" * 16 + ".webp",))
    studio.user.email_verified = True
    make_review(studio, status=ReviewStatus.APPROVED)
    whose = studio.user_id
    [image] = studio.images
    message = SiteMessage(id="m", user_id=whose, studio_number=studio.id, sender_name="Vi")
    message.sender_email, message.body = "vi@example.org", "Hello"
    db.session.add_all(
        [
            StudioDetails(user_id=whose, zone="Europe/London"),
            StudioHours(user_id=whose, weekday=0, opens=540, closes=1080),
            StudioRestriction(user_id=whose, hidden_at=now(), former={}),
            PictureCheck(id="p", user_id=whose, image_number=image.id),
            message,
        ]
    )
    db.session.commit()
    return studio.id


@pytest.fixture
def rosa(site: Flask) -> int:
    return make_user("rosa@example.com", name="Rosa").id


def give(number: int, to: int) -> str:
    """The id of the change."""
    with changing_directory():
        return hand_over(number, to, by=ADA, reason="Asked for").id


def back(change: str) -> None:
    with changing_directory():
        hand_back(db.session.get_one(Change, change), by=ADA)


def whose(model: Any) -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(model.user_id)))


def test_all_that_is_the_studios_goes_along_and_back(full: int, rosa: int) -> None:
    former = owner_of(full).id
    change = give(full, rosa)
    own = (StudioProfile, StudioDetails, StudioHours, StudioRestriction, PictureCheck)
    assert [whose(each) for each in own] == [[rosa]] * len(own)
    assert whose(SiteMessage) == [former], "it was written to another person"
    review = db.session.scalars(select(Review)).one()
    assert review.owner_id == former
    row = db.session.get_one(Change, change)
    assert (row.before, row.after) == ({"owner": former}, {"owner": rosa})
    assert (row.reason, row.by_name) == ("Asked for", "Ada")
    assert changed_since(row) == []
    back(change)
    assert [whose(each) for each in own] == [[former]] * len(own)
    assert {each.details["action"] for each in db.session.scalars(select(SiteEvent))} == {
        "studio.handed-over"
    }


def rename(number: int) -> None:
    db.session.get_one(StudioProfile, number).name = "Other"


def describe(number: int) -> None:
    after = {"phone": "1", "about": "Quiet"}
    made = Made("studio.changed", Subject.STUDIO, number, {}, after, studio_number=number)
    note_change(made, by=ADA)


def give_away(number: int) -> None:
    hand_over(number, make_person().id, by=ADA)


def age(number: int) -> None:
    for each in db.session.scalars(select(Change)):
        each.at = now() - timedelta(days=31)


def settle(number: int) -> None:
    """Whom it belonged to has begun another studio."""
    former = db.session.scalars(select(Change)).one().before["owner"]
    db.session.add(StudioProfile(user_id=former, name="New"))


def make_person(**more: object) -> User:
    user = User(email="sam@example.com", username="sam", display_name="Sam", password_hash="-")
    user.email_verified = True
    db.session.add(user)
    db.session.flush()
    return user


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        (rename, "changed since, so it was not given back: the studio"),
        (describe, "changed since, so it was not given back: about, phone"),
        (give_away, "handed over again since"),
        (age, "more than 30 days ago"),
        (settle, "has another studio by now"),
    ],
    ids=["renamed", "noted", "given-away", "late", "settled"],
)
def test_it_is_not_given_back_where_something_changed_since(
    full: int, rosa: int, meanwhile: Callable[[int], None], said: str
) -> None:
    change = give(full, rosa)
    with changing_directory():
        meanwhile(full)
    owner = owner_of(full).id
    with pytest.raises(Conflict, match=said):
        back(change)
    assert owner_of(full).id == owner


OBSTACLES = {
    "is no person": lambda user: setattr(user, "email", new_placeholder_address()),
    "has not confirmed": lambda user: setattr(user, "email_verified", False),
    "is disabled": lambda user: db.session.add(SiteAccount(user_id=user.id, blocked_at=now())),
    "asked for the deletion": lambda user: db.session.add(
        SiteAccount(user_id=user.id, deletion_due_at=now())
    ),
    "has begun a studio, Mine": lambda user: db.session.add(
        StudioProfile(user_id=user.id, name="Mine", city="Hull")
    ),
    "has a studio already: Mine": lambda user: db.session.add(
        StudioProfile(user_id=user.id, name="Mine", status="active", is_profile_visible=True)
    ),
    "has reviewed this studio": lambda user: db.session.add(
        Review(
            studio_id=1, reviewer_id=user.id, owner_id=user.id, rating=1, content="Bad",
            status=ReviewStatus.PENDING,
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", OBSTACLES)
def test_who_can_not_be_given_a_studio(full: int, said: str) -> None:
    with changing_directory():
        person = make_person()
        OBSTACLES[said](person)
        number = person.id
    before = owner_of(full).id
    with pytest.raises(Conflict, match=said):
        give(full, number)
    assert owner_of(full).id == before
    assert db.session.scalars(select(Change)).all() == []


def test_a_mere_name_makes_room_and_is_there_again(full: int, rosa: int) -> None:
    with changing_directory():
        db.session.add(StudioProfile(user_id=rosa, name="Only a name"))
    back(give(full, rosa))
    mine = db.session.scalars(select(StudioProfile).where(StudioProfile.user_id == rosa)).one()
    assert mine.name == "Only a name"


def test_nobody_and_no_studio(full: int, rosa: int) -> None:
    for number, to in ((full, 999), (999, rosa)):
        with pytest.raises(NotFound):
            give(number, to)
    with pytest.raises(Conflict, match="owns this studio already"):
        give(full, owner_of(full).id)


def test_reviews_stay_when_who_owned_it_before_deletes_the_account(full: int, rosa: int) -> None:
    former = owner_of(full).id
    give(full, rosa)
    with changing_directory():
        db.session.add(SiteAccount(user_id=former, deletion_due_at=now()))
    assert delete_due_accounts(now()) == 1
    assert db.session.scalars(select(Review)).one().owner_id == rosa
    assert len(db.session.scalars(select(StudioImage)).all()) == 1


def test_the_new_owners_address_is_not_shown_until_they_say_so(
    full: int, rosa: int, visitor: PortalClient
) -> None:
    former = owner_of(full).email
    with changing_directory():
        studio = db.session.get_one(StudioProfile, full)
        studio.show_email, studio.status = True, StudioStatus.ACTIVE
        studio.is_profile_visible = True
    assert former in visitor.get(f"/studios/{slug(full)}").text
    change = give(full, rosa)
    shown = visitor.get(f"/studios/{slug(full)}").text
    assert "rosa@example.com" not in shown
    assert former not in shown
    back(change)
    assert former in visitor.get(f"/studios/{slug(full)}").text


def test_it_is_not_given_back_to_who_has_reviewed_it_since(full: int, rosa: int) -> None:
    former = owner_of(full).id
    change = give(full, rosa)
    with changing_directory():
        words = {"rating": 5, "content": "The best room there is.", "owner_id": rosa}
        db.session.add(Review(studio_id=full, reviewer_id=former, **words))
    with pytest.raises(Conflict, match="has reviewed it since"):
        back(change)
    assert owner_of(full).id == rosa
