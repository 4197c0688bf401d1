"""Staff's decisions on reviews: approve, refuse with a reason, remove one that is on the page.

Each is one transaction of the directory with its change, its event and the emails that it causes.
`waiting_reviews` lists what waits; `seen` of each is sent back with the decision, which is refused
if the author has changed the words since.
"""

from portal.core.clock import now
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import changing_directory
from portal.directory.folding import UNPRINTABLE
from portal.directory.history.models import Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import Review, ReviewStatus
from portal.directory.reviews.letters import tell_author_of_refusal, tell_owner
from portal.directory.reviews.models import OwnReview
from portal.directory.reviews.rows import adopted, locked_review
from portal.directory.reviews.text import Words, forget_edit, new_words_of, set_words, words_of
from portal.directory.reviews.waiting import (
    Place,
    WaitingReview,
    count_waiting,
    waiting_reviews,
)

__all__ = [
    "LONGEST_REASON",
    "Place",
    "WaitingReview",
    "Words",
    "approve_review",
    "count_waiting",
    "refuse_review",
    "remove_review",
    "waiting_reviews",
]

LONGEST_REASON = 300
DECIDED = "This review was decided on already. Nothing was changed."
CHANGED = "The author has changed this review since you opened it. Nothing was changed."


def approve_review(number: int, *, seen: str, by: By) -> None:
    """The words are on the studio's page from now on. Raises NotFound for a review that its author
    deleted, Conflict where it was decided already, has other words by now, or is about a studio
    that belongs to its author by now."""
    with changing_directory():
        review, own = _waiting(number, seen)
        if review.studio.user_id == review.reviewer_id:
            raise Conflict(
                "The studio belongs to the author of this review by now. It was not approved.",
                remedy="Refuse it: people can’t review their own studio.",
            )
        before, new = _state(review), new_words_of(own)
        if new:
            set_words(review, new)
        is_first = review.status is not ReviewStatus.APPROVED
        review.status = ReviewStatus.APPROVED
        _decide(own, because=None)
        forget_edit(own)
        _note("review.approved", review, before, by=by)
        if is_first:
            tell_owner(review)


def refuse_review(number: int, because: str, *, seen: str, by: By) -> None:
    """The author reads `because`: 1 to 300 characters. Of an edit, the words until now stay on the
    page. Raises Invalid for a reason (field `because`), NotFound, Conflict."""
    because = _reason(because)
    with changing_directory():
        review, own = _waiting(number, seen)
        before = _state(review)
        if new_words_of(own) is None:
            review.status = ReviewStatus.REJECTED
        _decide(own, because=because)
        _note("review.refused", review, before, by=by, because=because)
        tell_author_of_refusal(review, because)


def remove_review(number: int, because: str, *, by: By) -> None:
    """Takes an approved review off the page; the author reads why, and may submit it again. Raises
    as `refuse_review`, and Conflict if it is not on the page."""
    because = _reason(because)
    with changing_directory():
        review = locked_review(number)
        if review.status is not ReviewStatus.APPROVED:
            raise Conflict("This review is not on the studio’s page. Nothing was changed.")
        before, own = _state(review), adopted(review)
        if new := new_words_of(own):
            set_words(review, new)  # the author goes on with what they wrote last
        review.status = ReviewStatus.REJECTED
        _decide(own, because=because)
        forget_edit(own)
        _note("review.removed", review, before, by=by, because=because)
        tell_author_of_refusal(review, because)


def _waiting(number: int, seen: str) -> tuple[Review, OwnReview]:
    review = locked_review(number)
    own = adopted(review)
    if own.decided_at is not None:
        raise Conflict(DECIDED)
    if (new_words_of(own) or words_of(review)).seen != seen:
        raise Conflict(CHANGED, remedy="Read it again before you decide.")
    return review, own


def _reason(because: str) -> str:
    reason = UNPRINTABLE.sub(" ", because).strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Invalid(
            f"Write the reason in 1 to {LONGEST_REASON} characters: the author reads it.",
            field="because",
        )
    return reason


def _decide(own: OwnReview, *, because: str | None) -> None:
    own.decided_at, own.refused_because = now(), because


def _state(review: Review) -> dict[str, object]:
    """What history keeps: not the words, which are their author's to delete."""
    return {
        "status": review.status.value,
        "stars": review.rating,
        "without a name": review.is_anonymous,
    }


def _note(
    action: str, review: Review, before: dict[str, object], *, by: By, because: str | None = None
) -> None:
    made = Made(
        action=action,
        subject=Subject.REVIEW,
        number=review.id,
        before=before,
        after=_state(review),
        studio_number=review.studio_id,
        user_id=review.reviewer_id,
        reason=because,
    )
    note_change(made, by=by)
