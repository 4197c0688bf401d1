"""Reviews that wait for staff, the oldest first: new ones, edits, and pending ones of old data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal_column, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.core.storage.database import db
from portal.directory.claims.models import StudioRestriction
from portal.directory.folding import one_line
from portal.directory.models import Review, StudioProfile, User
from portal.directory.presentation import UNNAMED
from portal.directory.reviews.models import OwnReview
from portal.directory.reviews.text import Words, words_of
from portal.directory.visibility import slug_of

Place = tuple[datetime, int]
"""The position of a review in the queue: when it was submitted, and its number."""
PENDING = Review.status == literal_column("'pending'")
"""As the index `ix_reviews_waiting` says it."""


@dataclass(frozen=True)
class WaitingReview:
    """`now_shown`: of an edit, the words that are on the page until it is approved. `author`: the
    display name, for staff alone. `seen` is sent back with a decision."""

    number: int
    studio_number: int
    studio_name: str
    studio_slug: str
    words: Words
    now_shown: Words | None
    author: str
    author_number: int
    submitted_at: datetime

    @property
    def is_edit(self) -> bool:
        return self.now_shown is not None

    @property
    def seen(self) -> str:
        return self.words.seen

    @property
    def place(self) -> Place:
        return self.submitted_at, self.number


def waiting_reviews(limit: int, after: Place | None = None) -> list[WaitingReview]:
    """Those after that place. Studios that staff have deleted are left out until they return."""
    known = _after(_with_row(), OwnReview.submitted_at, after)
    old = _after(_without_row(), Review.created_at, after)
    found = [
        _waiting(row) for query in (known, old) for row in db.session.execute(query.limit(limit))
    ]
    return sorted(found, key=lambda each: each.place)[:limit]


def count_waiting() -> int:
    """Two statements that read what waits alone."""
    return sum(
        db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
        for query in (_with_row(), _without_row())
    )


def _with_row() -> Select[*tuple[Any, ...]]:
    new = (OwnReview.new_rating, OwnReview.new_content, OwnReview.new_is_anonymous)
    query = _of_all(OwnReview.submitted_at, *new).join(
        OwnReview, OwnReview.review_number == Review.id
    )
    return query.where(OwnReview.decided_at.is_(None))


def _without_row() -> Select[*tuple[Any, ...]]:
    """Of old data: they have no row of their own yet."""
    query = _of_all(Review.created_at, null(), null(), null())
    known = select(OwnReview.id).where(OwnReview.review_number == Review.id)
    return query.where(PENDING, ~known.exists())


def _of_all(*more: Any) -> Select[*tuple[Any, ...]]:
    own = StudioRestriction.user_id == StudioProfile.user_id
    return (
        select(Review, StudioProfile.name, User.display_name, *more)
        .join(StudioProfile, StudioProfile.id == Review.studio_id)
        .join(User, User.id == Review.reviewer_id)
        .outerjoin(StudioRestriction, own)
        .where(StudioRestriction.deleted_at.is_(None))
    )


def _after(
    query: Select[*tuple[Any, ...]], at: InstrumentedAttribute[datetime], after: Place | None
) -> Select[*tuple[Any, ...]]:
    query = query.order_by(at, Review.id)
    if after is None:
        return query
    later: ColumnElement[bool] = or_(at > after[0], and_(at == after[0], Review.id > after[1]))
    return query.where(later)


def _waiting(row: Row[*tuple[Any, ...]]) -> WaitingReview:
    review, studio, author, submitted_at, *new = row
    now_shown = words_of(review)
    is_edit = new[0] is not None
    return WaitingReview(
        number=review.id,
        studio_number=review.studio_id,
        studio_name=one_line(studio) or UNNAMED,
        studio_slug=slug_of(studio, review.studio_id),
        words=Words(*new) if is_edit else now_shown,
        now_shown=now_shown if is_edit else None,
        author=one_line(author),
        author_number=review.reviewer_id,
        submitted_at=submitted_at,
    )
