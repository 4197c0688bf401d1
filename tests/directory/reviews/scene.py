"""A studio of Olive's, Nora who reviews it, and staff who decide."""

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.core.storage.database import db
from portal.directory.history.models import ChangedBy
from portal.directory.history.recording import By
from portal.directory.models import Review, StudioProfile, StudioStatus, User
from portal.directory.reviews.models import OwnReview
from portal.directory.reviews.moderation import approve_review, waiting_reviews
from portal.directory.users.models import SiteLetter
from portal.directory.visibility import slug_of
from tests.support.owners import log_in_site, make_user
from tests.support.pages import PageClient

ANA = By(ChangedBy.STAFF, 1, "Ana")
TEXT = "A calm session in a very quiet room.\r\n\r\nSee https://nora.example/blog."
FIRST = {"stars": "4", "text": TEXT}
SECOND = {"stars": "2", "text": "On second thought it was a little loud."}


@dataclass
class Person:
    user: User
    client: PageClient
    number: int


@dataclass
class Scene:
    app: Flask
    olive: Person
    nora: Person
    studio: StudioProfile
    page: str

    @property
    def visitor(self) -> PageClient:
        return cast(PageClient, self.app.test_client())

    def write(self, by: Person | None = None, **typed: Any) -> TestResponse:
        """As the form does it: with the mark of the words that it showed."""
        client = (by or self.nora).client
        form = client.page(f"{self.page}/review").select_one("main form[method=post]")
        version = form.select_one("[name=version]")["value"]
        return client.post(f"{self.page}/review", data={**FIRST, "version": version, **typed})

    def approve(self) -> int:
        """All that waits; returns the number of the last one."""
        for each in waiting_reviews(50):
            approve_review(each.number, seen=each.seen, by=ANA)
            number = each.number
        return number

    def shown(self) -> list[str]:
        """The reviews on the page, as visitors read them."""
        page = self.visitor.page(self.page)
        return [" ".join(each.text.split()) for each in page.select("#reviews .review")]


def make_scene(app: Flask) -> Scene:
    olive, nora = (
        person(app, email, name)
        for email, name in (("olive@marsh.example", "Olive Marsh"), ("nora@other.example", "Nora"))
    )
    studio = StudioProfile(
        user_id=olive.number, name="Quiet Corner", city="London", status=StudioStatus.ACTIVE,
        is_profile_visible=True,
    )  # fmt: skip
    db.session.add(studio)
    db.session.commit()
    return Scene(app, olive, nora, studio, f"/studios/{slug_of(studio.name, studio.id)}")


def person(app: Flask, email: str, name: str) -> Person:
    user = make_user(email, name=name, password_hash="-")
    client = cast(PageClient, app.test_client())
    log_in_site(client, user)
    return Person(user, client, user.id)


def old_review(scene: Scene, by: Person, **changes: Any) -> int:
    """Of old data: without a row beside it."""
    values = {"rating": 3, "content": "From long ago, before staff read reviews."} | changes
    review = Review(studio_id=scene.studio.id, reviewer_id=by.number,
                    owner_id=scene.olive.number, **values)  # fmt: skip
    db.session.add(review)
    db.session.commit()
    return review.id


def reviews() -> list[Review]:
    db.session.rollback()
    return list(db.session.scalars(select(Review).order_by(Review.id)))


def rows() -> list[OwnReview]:
    db.session.rollback()
    return list(db.session.scalars(select(OwnReview).order_by(OwnReview.id)))


def letters() -> list[tuple[str, str]]:
    db.session.rollback()
    query = select(SiteLetter.kind, SiteLetter.email).order_by(SiteLetter.created_at)
    return [(kind, email) for kind, email in db.session.execute(query)]
