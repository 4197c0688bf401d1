"""Two accounts of one person become one, nobody is let in by it, and it can be taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.models import Review, StudioProfile, User
from portal.directory.owners.models import SiteMessage, StudioDetails
from portal.directory.reviews.models import OwnReview, ReviewRecord
from portal.directory.users.account.deletion import delete_due_accounts
from portal.directory.users.models import SiteAccount, SiteEvent
from tests.directory.pages.studios import make_review, make_studio
from tests.directory.people.conftest import PEOPLE, account, changes, events, letters
from tests.support.client import PortalClient
from tests.support.owners import PASSWORD, log_in_site, make_user
from tests.support.pages import check_page, words

WHY = "The same phone number."


class Doubles:
    """One person with two accounts: `kept` has reviewed, `other` has a studio and has reviewed
    the same place and another."""

    def __init__(self) -> None:
        self.place, self.elsewhere = make_studio("Soho Voice").id, make_studio("Elm Row").id
        self.kept = make_user("nell@example.com", name="Nell Abbot").id
        self.other = make_user("nell.old@example.com", name="Nell A").id
        studio = make_studio("Quiet Corner")
        studio.user_id, self.studio = self.other, studio.id
        db.session.add(StudioDetails(user_id=self.other, zone="Europe/London"))
        db.session.commit()
        self.older = self._review(self.place, self.kept, "It was fine the first time.")
        self.newer = self._review(self.place, self.other, "Better the second time.")
        self.only = self._review(self.elsewhere, self.other, "A very good room.")
        self.on_studio = make_review(db.session.get_one(StudioProfile, self.studio), "Lovely.").id
        message = SiteMessage(id="m" * 36, user_id=self.other, studio_number=self.studio)
        message.sender_name, message.sender_email, message.body = "V", "v@example.com", "Hello"
        db.session.add(message)
        db.session.commit()

    def _review(self, studio: int, author: int, said: str) -> int:
        review = make_review(db.session.get_one(StudioProfile, studio), said)
        review.reviewer_id = author
        row = OwnReview(user_id=author, studio_number=studio, review_number=review.id)
        row.decided_at = now()
        db.session.add(row)
        db.session.commit()
        return review.id

    def merge(self, admin: PortalClient, kept: int | None = None, other: int | None = None):
        path = f"{PEOPLE}/{kept or self.kept}/merge"
        return admin.post(path, data={"other": str(other or self.other), "reason": WHY})

    def authors(self) -> dict[int, int]:
        db.session.rollback()
        query = select(Review.id, Review.reviewer_id)
        mine = Review.id.in_([self.older, self.newer, self.only])
        return {row.id: row.reviewer_id for row in db.session.execute(query.where(mine))}

    def owner(self) -> int:
        db.session.rollback()
        return db.session.get_one(StudioProfile, self.studio).user_id


@pytest.fixture
def two(site: Flask) -> Doubles:
    return Doubles()


def test_a_merge_moves_everything_and_is_taken_back(site: Flask, two: Doubles, admin: PortalClient):
    clients = [cast(PortalClient, site.test_client()) for _ in range(2)]
    for client, number in zip(clients, (two.kept, two.other), strict=True):
        log_in_site(client, db.session.get_one(User, number))
        assert client.get("/me").status_code == 200
    page = admin.page(f"{PEOPLE}/{two.kept}/merge?other={two.other}")
    said = words(page.main)
    for expected in ("nell.old@example.com", "The studio Quiet Corner", "2 reviews", "1 message"):
        assert expected in said
    empty = admin.post(page.select("form[method=post]")[-1]["action"], data={"other": two.other})
    assert (empty.status_code, "Fill in the reason" in empty.text) == (422, True)

    assert two.merge(admin).status_code == 303
    assert two.owner() == two.kept
    assert two.authors() == {two.newer: two.kept, two.only: two.kept}
    review = db.session.get_one(Review, two.on_studio)
    assert review.owner_id == two.kept or review.owner_id not in {two.kept, two.other}
    assert {each.user_id for each in db.session.scalars(select(SiteMessage))} == {two.kept}
    assert {each.user_id for each in db.session.scalars(select(OwnReview))} == {two.kept}
    for client in clients:
        assert client.get("/me").status_code == 303
    assert account(two.other).blocked_because.startswith("It was merged")
    assert [(each.kind, each.email) for each in letters()] == [
        ("account-disabled", "nell.old@example.com")
    ]
    old = clients[1].post("/login", data={"email": "nell.old@example.com", "password": PASSWORD})
    assert "merged with your other account" in old.text
    kept = clients[0].post("/login", data={"email": "nell@example.com", "password": PASSWORD})
    assert kept.status_code == 303
    assert events() == ["studio.handed-over", "people.merged", "people.merged"]

    page = admin.page(f"{PEOPLE}/{two.other}")
    assert "can be taken back" in words(page.select_one(".acts"))
    answer = admin.post(f"{PEOPLE}/{two.other}/part", follow_redirects=True)
    assert f"The merge with account {two.kept} is taken back." in answer.text
    assert two.owner() == two.other
    assert two.authors() == {
        two.older: two.kept,
        two.newer: two.other,
        two.only: two.other,
    }
    assert db.session.get_one(Review, two.older).content == "It was fine the first time."
    rows = db.session.execute(select(OwnReview.user_id, OwnReview.review_number))
    assert {tuple(row) for row in rows} == {
        (two.kept, two.older),
        (two.other, two.newer),
        (two.other, two.only),
    }
    assert db.session.get_one(StudioDetails, two.other).zone == "Europe/London"
    assert {each.user_id for each in db.session.scalars(select(SiteMessage))} == {two.other}
    assert account(two.other).blocked_at is None
    assert admin.post(f"{PEOPLE}/{two.other}/part").status_code == 409


def change_review(two: Doubles) -> None:
    with changing_directory():
        db.session.get_one(Review, two.only).content = "A very good room, still."


def change_studio(two: Doubles) -> None:
    with changing_directory():
        db.session.get_one(StudioProfile, two.studio).short_about = "Changed."


def delete_review(two: Doubles) -> None:
    with changing_directory():
        db.session.delete(db.session.get_one(Review, two.newer))


@pytest.mark.parametrize(
    "act", [change_review, change_studio, delete_review], ids=["review", "studio", "deleted"]
)
def test_what_changed_since_is_not_taken_back(
    two: Doubles, admin: PortalClient, act: Callable[[Doubles], None]
):
    two.merge(admin)
    with time_machine.travel(now() + timedelta(minutes=5)):
        act(two)
    before = two.authors(), two.owner()
    answer = admin.post(f"{PEOPLE}/{two.other}/part")
    assert answer.status_code == 409
    assert "changed since" in answer.text or "has changed since" in answer.text
    assert (two.authors(), two.owner()) == before
    assert account(two.other).blocked_at


def test_a_merge_is_taken_back_although_a_reviewed_studio_was_deleted(
    two: Doubles, admin: PortalClient
):
    assert two.merge(admin, kept=two.other, other=two.kept).status_code == 303
    with changing_directory():
        owner = db.session.get_one(StudioProfile, two.place).user_id
        db.session.add(SiteAccount(user_id=owner, deletion_due_at=now()))
    assert delete_due_accounts(now()) == 1
    assert admin.post(f"{PEOPLE}/{two.kept}/part").status_code == 303
    kept = db.session.scalars(select(ReviewRecord)).all()
    assert ("It was fine the first time.", two.kept) in [(e.content, e.user_id) for e in kept]


def test_the_deletion_of_the_kept_account_takes_the_other_one_along(
    two: Doubles, admin: PortalClient
):
    bystander = make_user("ben@example.com").id
    disabled = make_user("bea@example.com").id
    with changing_directory():
        db.session.add(SiteAccount(user_id=disabled, blocked_at=now(), blocked_because="Spam"))
    two.merge(admin)
    with changing_directory():
        db.session.add(SiteAccount(user_id=two.kept, deletion_due_at=now()))
    delete_due_accounts(now())
    db.session.rollback()
    people = set(db.session.scalars(select(User.id)))
    assert not people & {two.kept, two.other}
    assert {bystander, disabled} <= people
    assert not [each for each in changes() if "nell" in str(each.before).casefold()]
    ended = db.session.scalars(select(SiteEvent.user_id).where(SiteEvent.kind == "deleted"))
    assert sorted(filter(None, ended)) == sorted([two.kept, two.other])


def test_after_30_days_a_merge_stays(two: Doubles, admin: PortalClient):
    two.merge(admin)
    with changing_directory():
        for each in changes():
            db.session.get_one(type(each), each.id).at = now() - timedelta(days=31)
    assert "can be taken back" not in words(admin.page(f"{PEOPLE}/{two.other}").main)
    assert admin.post(f"{PEOPLE}/{two.other}/part").status_code == 409
    assert two.owner() == two.kept


def test_what_stands_in_the_way_is_said_and_nothing_moves(two: Doubles, admin: PortalClient):
    """Two studios, a review of one's own, an account that is disabled or not confirmed."""
    path = f"{PEOPLE}/{two.kept}/merge"
    for other, sentence in (
        (two.kept, "This is the same account"),
        (99999, "There is no person with this number"),
    ):
        assert sentence in words(admin.page(f"{path}?other={other}").main)
        assert two.merge(admin, other=other).status_code == 422
    admin.page(f"{path}?other=x'--&other=%00")

    rival = make_studio("Rival Rooms").user_id
    page = admin.page(f"{PEOPLE}/{rival}/merge?other={two.other}")
    assert "Both have a studio" in words(page.select_one(".notice.bad"))
    assert not page.select("form[method=post] [name=reason]")
    answer = two.merge(admin, kept=rival)
    assert answer.status_code == 409
    assert "Both have a studio" in answer.text
    with changing_directory():
        db.session.get_one(Review, two.older).studio_id = two.studio
        db.session.add(SiteAccount(user_id=two.other, blocked_at=now()))
        db.session.get_one(User, two.kept).email_verified = False
    answer = two.merge(admin)
    said = words(check_page(answer.text).main)
    for sentence in ("which would be their own", "is disabled", "is not confirmed"):
        assert sentence in said
    assert (answer.status_code, two.owner(), events()) == (409, two.other, [])
