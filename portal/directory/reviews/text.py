"""What a review says: stars, text, and whether it is shown without the author's name."""

from dataclasses import dataclass
from hashlib import sha256

from portal.directory.models import Review
from portal.directory.reviews.models import OwnReview

SHORTEST_TEXT, LONGEST_TEXT = 20, 5000
SHORTEST_ANSWER, LONGEST_ANSWER = 2, 2000


@dataclass(frozen=True)
class Words:
    stars: int
    text: str
    is_anonymous: bool

    @property
    def seen(self) -> str:
        """A mark of these words: a decision or an edit is about what somebody has read."""
        said = repr((self.stars, self.text, self.is_anonymous))
        return sha256(said.encode("utf-8", "replace")).hexdigest()[:20]


def words_of(review: Review) -> Words:
    """Those in the row: of an approved review, what is on the page."""
    return Words(review.rating, review.content, review.is_anonymous)


def set_words(review: Review, words: Words) -> None:
    review.rating, review.content = words.stars, words.text
    review.is_anonymous = words.is_anonymous


def new_words_of(own: OwnReview) -> Words | None:
    """The edit of an approved review that waits, or was refused."""
    if own.new_rating is None or own.new_content is None:
        return None
    return Words(own.new_rating, own.new_content, bool(own.new_is_anonymous))


def set_edit(own: OwnReview, words: Words) -> None:
    own.new_rating, own.new_content = words.stars, words.text
    own.new_is_anonymous = words.is_anonymous


def forget_edit(own: OwnReview) -> None:
    own.new_rating = own.new_content = own.new_is_anonymous = None
