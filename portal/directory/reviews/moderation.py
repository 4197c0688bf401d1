"""Staff's decisions on reviews: approve, refuse with a reason, remove one that is on the page.

Each is one transaction of the directory with its change, its event and the letters that it causes.
`waiting_reviews` lists what waits; `seen` of each is sent back with the decision, which is refused
if the author has changed the words since.
"""

from portal.directory.history.recording import By
from portal.directory.reviews.waiting import (
    Place,
    WaitingReview,
    Words,
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


def approve_review(number: int, *, seen: str, by: By) -> None:
    """The words are on the studio's page from now on. Raises NotFound for a review that its author
    deleted, Conflict where it was decided already or has other words by now."""
    raise NotImplementedError


def refuse_review(number: int, because: str, *, seen: str, by: By) -> None:
    """The author reads `because`: 1 to 300 characters. Of an edit, the words until now stay on the
    page. Raises Invalid for a reason (field `because`), NotFound, Conflict."""
    raise NotImplementedError


def remove_review(number: int, because: str, *, by: By) -> None:
    """Takes an approved review off the page; the author reads why, and may write it again. Raises
    as `refuse_review`, and Conflict if it is not on the page."""
    raise NotImplementedError
