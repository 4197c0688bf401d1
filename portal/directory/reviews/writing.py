"""Writes of authors: submit a review, change it, delete it. Staff decide before others read it.

Each is one transaction of the directory. Two reviews at once of one person are decided by the
unique key of `site_reviews`.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.models import Review, ReviewStatus, User
from portal.directory.reviews.models import OwnReview, ReviewRecord
from portal.directory.reviews.own import State, own_review_numbered, state_of
from portal.directory.reviews.rows import (
    adopted,
    locked_review,
    newest_review,
    own_row,
    row_beside,
)
from portal.directory.reviews.studios import Reviewed, studio_to_review
from portal.directory.reviews.text import (
    Words,
    forget_edit,
    new_words_of,
    set_edit,
    set_words,
    words_of,
)

OWN_STUDIO = "This is your own studio. Only others can review it."
UNCONFIRMED = "Your email address is not confirmed yet, so you can’t write reviews."
CONFIRM = "Log out, and ask for a link under “Forgotten your password?”: it confirms your address."
CHANGED = "You have changed this review in another window since you opened this one."
READ_AGAIN = "Nothing was saved. Compare both, and save again if yours is right."


def submit_review(user_id: int, slug: str, words: Words, *, seen: str) -> State:
    """Write a review, or change it: `seen` is the mark of the words that the person changes, and
    empty for a new one. Raises NotFound, Forbidden, Conflict and Unavailable."""
    try:
        with changing_directory():
            studio = studio_to_review(slug)
            require_author(user_id, studio)
            number = newest_review(user_id, studio.number)
            if number is None:
                return _add(user_id, studio, words)
            return _change(locked_review(number), words, seen=seen, studio=studio)
    except IntegrityError as error:
        raise _known(studio) from error


def require_author(user_id: int, studio: Reviewed) -> None:
    """Raises Forbidden for one's own studio, and without a confirmed address."""
    if studio.owner == user_id:
        raise Forbidden(OWN_STUDIO)
    confirmed = select(User.email_verified).where(User.id == user_id)
    if not db.session.scalar(confirmed):
        raise Forbidden(UNCONFIRMED, remedy=CONFIRM)


def delete_review(user_id: int, number: int) -> str:
    """For good, with the answer to it; returns the studio's name. It is gone from the page at once,
    and the person may write another one. Raises NotFound for another person's review."""
    with changing_directory():
        mine = own_review_numbered(user_id, number)
        review = locked_review(number)
        if own := row_beside(review):
            db.session.delete(own)
        db.session.delete(review)
    return mine.studio


def delete_record(user_id: int, record_id: str) -> str:
    """Of a review whose studio was deleted; returns the studio's name. Raises NotFound."""
    with changing_directory():
        query = select(ReviewRecord).where(ReviewRecord.user_id == user_id)
        record = db.session.scalar(query.where(ReviewRecord.id == record_id).with_for_update())
        if record is None:
            raise NotFound("You have no review at this address.", remedy="It may be deleted.")
        name = record.studio_name
        db.session.delete(record)
    return name


def _known(studio: Reviewed) -> Conflict:
    return Conflict(
        f"You have reviewed {studio.name} already. Nothing was saved now.",
        remedy="You can change your review below.",
    )


def _add(user_id: int, studio: Reviewed, words: Words) -> State:
    at = now()
    own = own_row(user_id, studio.number)
    if own is None:
        own = OwnReview(user_id=user_id, studio_number=studio.number)
        db.session.add(own)
        db.session.flush()  # the key decides before anything else is written
    review = Review(studio_id=studio.number, reviewer_id=user_id, owner_id=studio.owner)
    set_words(review, words)
    review.status = ReviewStatus.PENDING
    db.session.add(review)
    db.session.flush()
    own.review_number, own.submitted_at = review.id, at
    own.decided_at = own.refused_because = None
    forget_edit(own)
    return State.WAITING


def _change(review: Review, words: Words, *, seen: str, studio: Reviewed) -> State:
    own = adopted(review)
    last = new_words_of(own) or words_of(review)
    if not seen:
        raise _known(studio)
    if seen != last.seen:
        raise Conflict(CHANGED, remedy=READ_AGAIN)
    is_refused = review.status is ReviewStatus.REJECTED or own.refused_because is not None
    if words != last or is_refused:
        _submit(review, own, words)
    return state_of(review, own)


def _submit(review: Review, own: OwnReview, words: Words) -> None:
    """What is on the page stays there while an edit waits, but for the name: an author who
    wants it away does not wait for staff."""
    own.refused_because = None
    if review.status is not ReviewStatus.APPROVED:
        set_words(review, words)
        review.status = ReviewStatus.PENDING
        own.submitted_at, own.decided_at = now(), None
        return
    if words.is_anonymous:
        review.is_anonymous = True
    if words == words_of(review):
        forget_edit(own)
        own.decided_at = own.decided_at or now()
        return
    set_edit(own, words)
    own.submitted_at, own.decided_at = now(), None
