"""A review and the row beside it, read again within a transaction and locked.

Whoever changes both locks the review first. A review of old data has no such row until somebody
changes it or decides on it.
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
    query = select(OwnReview).where(OwnReview.review_number == review.id).with_for_update()
    own = db.session.scalar(query.execution_options(populate_existing=True))
    if own is None:
        own = _row_of(review)
        if own_row(review.reviewer_id, review.studio_id) is None:
            db.session.add(own)
    return own


def own_row(user_id: int, studio_number: int) -> OwnReview | None:
    """A person's row about a studio."""
    return db.session.scalar(
        select(OwnReview).where(
            OwnReview.user_id == user_id, OwnReview.studio_number == studio_number
        )
    )


def newest_review(user_id: int, studio_number: int) -> int | None:
    """The number of a person's review of a studio: that of their row, else their newest."""
    if (own := own_row(user_id, studio_number)) and own.review_number is not None:
        return own.review_number
    query = select(Review.id).where(
        Review.reviewer_id == user_id, Review.studio_id == studio_number
    )
    return db.session.scalar(query.order_by(Review.created_at.desc(), Review.id.desc()).limit(1))


def _row_of(review: Review) -> OwnReview:
    is_pending = review.status is ReviewStatus.PENDING
    return OwnReview(
        user_id=review.reviewer_id,
        studio_number=review.studio_id,
        review_number=review.id,
        submitted_at=review.created_at,
        decided_at=None if is_pending else review.updated_at,
    )
