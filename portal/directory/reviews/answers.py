"""The reviews of a person's studio, and the one answer to each: the present owner gives it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.core.errors import Conflict, NotFound
from portal.core.paging import Page, page_of_rows
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.models import StudioRestriction
from portal.directory.folding import one_line
from portal.directory.models import Review, ReviewResponse, ReviewStatus, StudioProfile
from portal.directory.reviews.letters import tell_author_of_answer
from portal.directory.reviews.rows import locked_review

PAGE = 20
GONE = "There is no review of your studio at this address."
REMEDY = "Its author may have deleted it, or this site’s staff have removed it."


@dataclass(frozen=True)
class OfMyStudio:
    """`author`: None where the person does not want to be named; the owner is no exception."""

    number: int
    stars: int
    text: str
    author: str | None
    at: datetime
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Numbers:
    reviews: int
    unanswered: int


def reviews_of_studio(user_id: int, *, number: int) -> Page[OfMyStudio]:
    """Those on the page of the person's studio, the newest first."""
    query = _received(user_id).order_by(Review.created_at.desc(), Review.id.desc())
    options = (joinedload(Review.reviewer), joinedload(Review.response))
    page = page_of_rows(db.session(), query, number=number, size=PAGE, options=options)
    return page.showing([_shown(each) for each in page.items])


def review_of_studio(user_id: int, number: int) -> OfMyStudio:
    """Raises NotFound; a review of another studio gets the same answer."""
    query = _received(user_id).where(Review.id == number)
    review = db.session.scalar(query.execution_options(populate_existing=True))
    if review is None:
        raise NotFound(GONE, remedy=REMEDY)
    return _shown(review)


def count_reviews(user_id: int) -> Numbers:
    """Of the person's studio."""
    answered = ReviewResponse.review_id == Review.id
    query = (
        _received(user_id)
        .outerjoin(ReviewResponse, answered)
        .with_only_columns(func.count(), func.count().filter(ReviewResponse.id.is_(None)))
    )
    return Numbers(*db.session.execute(query).one())


def answer_review(user_id: int, number: int, *, body: str) -> None:
    """On the page at once; the author is told by mail. Raises NotFound, Conflict if it is answered
    already, Unavailable."""
    try:
        with changing_directory():
            review_of_studio(user_id, number)
            review = locked_review(number)
            if review.response is not None:
                raise _answered()
            db.session.add(ReviewResponse(review=review, author_id=user_id, content=body))
            db.session.flush()  # the key decides between two at once
            tell_author_of_answer(review)
    except IntegrityError as error:
        raise _answered() from error


def _answered() -> Conflict:
    return Conflict(
        "This review is answered already, so nothing was saved.",
        remedy="A review is answered once.",
    )


def _received(user_id: int) -> Select[Review]:
    """None of a studio that staff have deleted."""
    return (
        select(Review)
        .join(StudioProfile, StudioProfile.id == Review.studio_id)
        .outerjoin(StudioRestriction, StudioRestriction.user_id == StudioProfile.user_id)
        .where(
            StudioProfile.user_id == user_id,
            Review.status == ReviewStatus.APPROVED,
            StudioRestriction.deleted_at.is_(None),
        )
    )


def _shown(review: Review) -> OfMyStudio:
    response = review.response
    return OfMyStudio(
        number=review.id,
        stars=review.rating,
        text=review.content,
        author=None if review.is_anonymous else one_line(review.reviewer.display_name),
        at=review.created_at,
        answer=response.content if response else None,
        answered_at=response.created_at if response else None,
    )
