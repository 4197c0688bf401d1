"""What waits in the queue: made as people make it, and looked at by admins."""

from uuid import uuid4

from sqlalchemy import select

from portal.core.storage.database import changing_directory, db
from portal.directory.history.models import Change
from portal.directory.models import Review, ReviewStatus, StudioProfile
from portal.directory.reports.models import PictureCheck
from portal.directory.reviews.models import OwnReview
from portal.directory.users.models import SiteEvent
from tests.directory.pages.studios import make_review
from tests.directory.reports.conftest import (  # noqa: F401 — fixtures
    admin,
    admin_called,
    site,
    studio,
    visitor,
)

QUEUE = "/ops/directory/queue"


def waiting_review(at: StudioProfile, words: str = "It was warm and quiet.") -> Review:
    review = make_review(at, words, status=ReviewStatus.PENDING)
    row = OwnReview(user_id=review.reviewer_id, studio_number=at.id, review_number=review.id)
    db.session.add(row)
    db.session.commit()
    return review


def waiting_edit(at: StudioProfile, before: str, after: str) -> Review:
    review = make_review(at, before)
    row = OwnReview(user_id=review.reviewer_id, studio_number=at.id, review_number=review.id)
    row.new_rating, row.new_content, row.new_is_anonymous = 3, after, False
    db.session.add(row)
    db.session.commit()
    return review


def waiting_picture(at: StudioProfile) -> PictureCheck:
    number, owner = at.images[0].id, at.user_id
    with changing_directory():
        check = PictureCheck(id=str(uuid4()), user_id=owner, image_number=number)
        db.session.add(check)
    return db.session.scalars(select(PictureCheck)).one()


def changes() -> list[Change]:
    db.session.rollback()
    return list(db.session.scalars(select(Change).order_by(Change.at)))


def events() -> list[str]:
    """Of staff, for the audit log."""
    db.session.rollback()
    query = select(SiteEvent.details).where(SiteEvent.kind == "staff").order_by(SiteEvent.at)
    return [str(each["action"]) for each in db.session.scalars(query)]
