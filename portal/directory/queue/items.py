"""What the queue shows: an item with what is needed to decide on it."""

from dataclasses import dataclass
from datetime import datetime

from portal.directory.models import Review
from portal.directory.pictures import Sources
from portal.directory.queue.differences import Piece
from portal.directory.queue.order import Cursor, Kind
from portal.directory.reports.models import ReportAbout
from portal.directory.reviews.moderation import WaitingReview

MANY = 100
"""Numbers about an author or a studio are counted so far."""


@dataclass(frozen=True)
class Studio:
    number: int
    name: str
    slug: str
    is_listed: bool


@dataclass(frozen=True)
class Person:
    """For staff: by number and name, without the address."""

    number: int
    name: str
    since: datetime | None


@dataclass(frozen=True)
class ReviewItem:
    """`others`: the author's other reviews, of which `refused` were refused."""

    review: WaitingReview
    pieces: list[Piece]
    author: Person
    others: int
    refused: int
    kind = Kind.REVIEW

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.review.submitted_at, Kind.REVIEW, str(self.review.number))


@dataclass(frozen=True)
class PictureItem:
    """`sources` is None where the picture is not kept on this site, and no page shows it."""

    id: str
    at: datetime
    studio: Studio
    owner: Person
    text: str
    sources: Sources | None
    kind = Kind.PICTURE

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, Kind.PICTURE, self.id)


@dataclass(frozen=True)
class ReportItem:
    """`studio` is None once it was deleted. Of a review or picture that is gone there is no
    `review`, no `picture`. `others`: open reports about the same studio."""

    id: str
    at: datetime
    about: ReportAbout
    problem: str
    body: str
    email: str | None
    sender: Person | None
    studio: Studio | None
    studio_number: int
    review: Review | None
    picture: Sources | None
    others: int
    kind = Kind.REPORT

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, Kind.REPORT, self.id)

    @property
    def can_remove(self) -> bool:
        return self.review is not None or self.picture is not None


Item = ReviewItem | PictureItem | ReportItem
