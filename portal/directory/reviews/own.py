"""A person's own reviews, as they see them: what is on the page, what waits, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import joinedload

from portal.core.errors import NotFound
from portal.core.paging import Page, page_of
from portal.core.storage.database import db
from portal.directory.claims.models import StudioRestriction
from portal.directory.folding import one_line
from portal.directory.models import Review, ReviewStatus, StudioProfile
from portal.directory.owners.models import StudioDetails
from portal.directory.presentation import UNNAMED
from portal.directory.reviews.models import OwnReview, ReviewRecord
from portal.directory.reviews.rows import newest_review
from portal.directory.reviews.studios import why_not_shown
from portal.directory.reviews.text import Words, new_words_of, words_of
from portal.directory.visibility import slug_of

PAGE = 20
STUDIO_DELETED = "The studio was deleted, so its reviews are not shown. Only you can read this one."


class State(StrEnum):
    """`EDIT_…`: words of before are on the page. `KEPT`: the studio was deleted."""

    WAITING = "waiting"
    SHOWN = "shown"
    EDIT_WAITING = "edit waiting"
    EDIT_REFUSED = "edit refused"
    REFUSED = "refused"
    KEPT = "kept"


@dataclass(frozen=True)
class Mine:
    """`words`: those that the person wrote last; `shown`: those on the page where they differ.
    `record`: the id of one whose studio was deleted, which has no number. `is_newest`: of several
    reviews of one studio, which old data has, the one to edit."""

    number: int | None
    studio: str
    slug: str | None
    words: Words
    shown: Words | None
    state: State
    because: str | None
    why_not_shown: str | None
    written_at: datetime
    answer: str | None = None
    answered_at: datetime | None = None
    is_newest: bool = True
    record: str | None = None

    @property
    def seen(self) -> str:
        return self.words.seen


Found = Row[Review, OwnReview | None, StudioRestriction | None, StudioDetails | None]


def own_reviews(user_id: int, *, number: int) -> Page[Mine]:
    """The newest first, with those of studios that were deleted since."""
    rows = db.session.execute(_written_by(user_id)).all()
    newest = _newest(rows)
    found = [_mine(row, is_newest=newest[row[0].studio_id] == row[0].id) for row in rows]
    records = select(ReviewRecord).where(ReviewRecord.user_id == user_id)
    found += [_kept(each) for each in db.session.scalars(records)]
    found.sort(key=lambda each: each.written_at, reverse=True)
    return page_of(found, number=number, size=PAGE)


def count_own_reviews(user_id: int) -> int:
    written = select(func.count()).where(Review.reviewer_id == user_id)
    kept = select(func.count()).where(ReviewRecord.user_id == user_id)
    return sum(db.session.scalar(query) or 0 for query in (written, kept))


def own_review(user_id: int, studio_number: int) -> Mine | None:
    """A person's review of that studio."""
    number = newest_review(user_id, studio_number)
    return None if number is None else own_review_numbered(user_id, number)


def own_review_numbered(user_id: int, number: int) -> Mine:
    """Raises NotFound; another person's review gets the same answer."""
    row = db.session.execute(_written_by(user_id).where(Review.id == number)).one_or_none()
    if row is None:
        raise NotFound("You have no review at this address.", remedy="It may have been deleted.")
    return _mine(row, is_newest=newest_review(user_id, row[0].studio_id) == number)


def _newest(rows: Sequence[Found]) -> dict[int, int]:
    """By studio, as `newest_review` finds it."""
    in_order = sorted(rows, key=lambda row: (row[1] is not None, row[0].created_at, row[0].id))
    return {row[0].studio_id: row[0].id for row in in_order}


def _written_by(
    user_id: int,
) -> Select[Review, OwnReview | None, StudioRestriction | None, StudioDetails | None]:
    owner = StudioProfile.user_id
    query = (
        select(Review, OwnReview, StudioRestriction, StudioDetails)
        .join(StudioProfile, StudioProfile.id == Review.studio_id)
        .outerjoin(OwnReview, OwnReview.review_number == Review.id)
        .outerjoin(StudioRestriction, StudioRestriction.user_id == owner)
        .outerjoin(StudioDetails, StudioDetails.user_id == owner)
        .where(Review.reviewer_id == user_id)
        .options(joinedload(Review.studio), joinedload(Review.response))
    )
    return query.execution_options(populate_existing=True)


def _mine(row: Found, *, is_newest: bool) -> Mine:
    review, own, restriction, details = row
    new = new_words_of(own) if own else None
    state = state_of(review, own)
    response = review.response
    return Mine(
        number=review.id,
        studio=one_line(review.studio.name) or UNNAMED,
        slug=slug_of(review.studio.name, review.studio_id) if review.studio.is_listed else None,
        words=new or words_of(review),
        shown=words_of(review) if new else None,
        state=state,
        because=own.refused_because if own else None,
        why_not_shown=why_not_shown(review.studio, restriction, details),
        written_at=review.created_at,
        answer=response.content if response else None,
        answered_at=response.created_at if response else None,
        is_newest=is_newest,
    )


def state_of(review: Review, own: OwnReview | None) -> State:
    if review.status is ReviewStatus.PENDING:
        return State.WAITING
    if review.status is ReviewStatus.REJECTED:
        return State.REFUSED
    if own is None or new_words_of(own) is None:
        return State.SHOWN
    return State.EDIT_WAITING if own.decided_at is None else State.EDIT_REFUSED


def _kept(record: ReviewRecord) -> Mine:
    return Mine(
        number=None,
        studio=one_line(record.studio_name) or UNNAMED,
        slug=None,
        words=Words(record.rating, record.content, is_anonymous=False),
        shown=None,
        state=State.KEPT,
        because=None,
        why_not_shown=STUDIO_DELETED,
        written_at=record.written_at,
        record=record.id,
    )
