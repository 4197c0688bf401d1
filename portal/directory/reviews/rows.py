"""A review and the row beside it, read again within a transaction and locked.

Code that changes both locks the review first. A review of old data has no such row until its author
changes it or staff decide on it.
"""

from sqlalchemy import select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.models import Review, ReviewStatus
from portal.directory.reviews.models import OwnReview

GONE = "There is no such review any more: its author has deleted it. Nothing was changed."


def locked_review(number: int) -> Review:
    """Within `changing_directory`. Raises NotFound."""
    query = select(Review).where(Review.id == number).with_for_update()
    review = db.session.scalar(query.execution_options(populate_existing=True))
    if review is None:
        raise NotFound(GONE)
    return review


def adopted(review: Review) -> OwnReview:
    """The row beside a locked review. One of old data gets one; of a person's several reviews of
    one studio, which old data has, only one is kept, and the others' is not stored."""
    own = row_beside(review)
    if own is None:
        own = _row_of(review)
        if own_row(review.reviewer_id, review.studio_id) is None:
            db.session.add(own)
    return own


def row_beside(review: Review) -> OwnReview | None:
    query = select(OwnReview).where(OwnReview.review_number == review.id)
    return db.session.scalar(query.execution_options(populate_existing=True))


def own_row(user_id: int, studio_number: int) -> OwnReview | None:
    """A person's row about a studio."""
    return db.session.scalar(
        select(OwnReview).where(
            OwnReview.user_id == user_id, OwnReview.studio_number == studio_number
        )
    )


def newest_review(user_id: int, studio_number: int) -> int | None:
    """The number of a person's review of a studio: the one with a row, else their newest."""
    query = (
        select(Review.id)
        .outerjoin(OwnReview, OwnReview.review_number == Review.id)
        .where(Review.reviewer_id == user_id, Review.studio_id == studio_number)
        .order_by(OwnReview.id.is_(None), Review.created_at.desc(), Review.id.desc())
    )
    return db.session.scalar(query.limit(1))


def _row_of(review: Review) -> OwnReview:
    is_pending = review.status is ReviewStatus.PENDING
    return OwnReview(
        user_id=review.reviewer_id,
        studio_number=review.studio_id,
        review_number=review.id,
        submitted_at=review.created_at,
        decided_at=None if is_pending else review.updated_at,
    )
