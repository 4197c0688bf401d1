"""The next item of the queue, read with what is needed to decide on it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Row, Select, and_, func, or_, select

from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.messages.queries import is_id
from portal.directory.models import Review, ReviewStatus, StudioImage, StudioProfile, User
from portal.directory.pictures import Sources, sources_of
from portal.directory.presentation import UNNAMED
from portal.directory.queue.counts import is_shown
from portal.directory.queue.differences import difference
from portal.directory.queue.items import (
    MANY,
    Item,
    Person,
    PictureItem,
    ReportItem,
    ReviewItem,
    Studio,
)
from portal.directory.queue.order import LAST_NUMBER, LAST_UUID, RANKS, Cursor, Kind
from portal.directory.reports.models import PictureCheck, Report, ReportAbout
from portal.directory.reports.problems import label_of
from portal.directory.reviews.models import OwnReview
from portal.directory.reviews.moderation import WaitingReview, waiting_reviews
from portal.directory.uploads.queries import name_of
from portal.directory.visibility import IMAGE_NAME, slug_of


@dataclass(frozen=True)
class Found:
    """Where the first item of a kind is in the order, and how it is read."""

    at: datetime
    kind: Kind
    read: Callable[[], Item | None]

    @property
    def place(self) -> tuple[datetime, int]:
        return self.at, RANKS[self.kind]


def next_item(kinds: Collection[Kind], after: Cursor | None) -> Item | None:
    """The oldest of these kinds that comes after that place."""
    found = [each for kind in kinds if (each := FIRST[kind](after))]
    return min(found, key=lambda each: each.place).read() if found else None


def item_called(name: str | None) -> Item | None:
    """“review-12”: an item that is asked for by its address, if it waits."""
    kind, _, number = (name or "").partition("-")
    if kind not in set(Kind):
        return None
    if kind != Kind.REVIEW:
        read = _picture if kind == Kind.PICTURE else _report
        return read(number) if is_id(number) else None
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    return _review_called(int(number)) if is_number else None


def _first_review(after: Cursor | None) -> Found | None:
    last = int(after.id_for(Kind.REVIEW, "0", str(LAST_NUMBER))) if after else 0
    for each in waiting_reviews(1, (after.at, last) if after else None):
        return Found(each.submitted_at, Kind.REVIEW, partial(_review, each))
    return None


def _first_picture(after: Cursor | None) -> Found | None:
    query = select(PictureCheck.created_at, PictureCheck.id).join(
        StudioImage, StudioImage.id == PictureCheck.image_number
    )
    query = query.join(StudioProfile).where(is_shown(StudioProfile.user_id))
    row = _first(query, PictureCheck, Kind.PICTURE, after)
    return Found(row[0], Kind.PICTURE, partial(_picture, row[1])) if row else None


def _first_report(after: Cursor | None) -> Found | None:
    row = _first(select(Report.created_at, Report.id), Report, Kind.REPORT, after)
    return Found(row[0], Kind.REPORT, partial(_report, row[1])) if row else None


def _first(
    query: Select[datetime, str],
    model: type[PictureCheck | Report],
    kind: Kind,
    after: Cursor | None,
) -> Row[datetime, str] | None:
    query = query.where(model.decided_at.is_(None)).order_by(model.created_at, model.id)
    if after:
        last = after.id_for(kind, "", LAST_UUID)
        same = and_(model.created_at == after.at, model.id > last)
        query = query.where(or_(model.created_at > after.at, same))
    return db.session.execute(query.limit(1)).one_or_none()


def _review_called(number: int) -> ReviewItem | None:
    own = select(OwnReview.submitted_at).where(OwnReview.review_number == number)
    old = select(Review.created_at).where(Review.id == number)
    at = db.session.scalar(own) or db.session.scalar(old)
    for each in waiting_reviews(1, (at, number - 1)) if at else ():
        return _review(each) if each.number == number else None
    return None


def _review(found: WaitingReview) -> ReviewItem:
    shown = found.now_shown
    author = db.session.get(User, found.author_number)
    others, refused = _others_of(found)
    return ReviewItem(
        review=found,
        pieces=difference(shown.text, found.words.text) if shown else [],
        author=Person(found.author_number, found.author, author.created_at if author else None),
        others=others,
        refused=refused,
    )


def _others_of(review: WaitingReview) -> tuple[int, int]:
    mine = Review.reviewer_id == review.author_number, Review.id != review.number
    some = select(Review.status).where(*mine).limit(MANY + 1)
    statuses = list(db.session.scalars(some))
    return len(statuses), statuses.count(ReviewStatus.REJECTED)


def _picture(check_id: str) -> PictureItem | None:
    query = (
        select(PictureCheck, StudioImage, StudioProfile, User)
        .join(StudioImage, StudioImage.id == PictureCheck.image_number)
        .join(StudioProfile, StudioProfile.id == StudioImage.studio_id)
        .join(User, User.id == StudioProfile.user_id)
        .where(PictureCheck.id == check_id, PictureCheck.decided_at.is_(None))
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    check, image, studio, owner = row
    return PictureItem(
        id=check.id,
        at=check.created_at,
        studio=_studio(studio),
        owner=_person(owner),
        text=one_line(image.alt_text),
        sources=_sources(image),
    )


def _report(report_id: str) -> ReportItem | None:
    query = (
        select(Report, StudioProfile, User)
        .outerjoin(StudioProfile, StudioProfile.id == Report.studio_number)
        .outerjoin(User, User.id == Report.user_id)
        .where(Report.id == report_id, Report.decided_at.is_(None))
    )
    found = db.session.execute(query).one_or_none()
    if found is None:
        return None
    row, studio, sender = found
    return ReportItem(
        id=row.id,
        at=row.created_at,
        about=row.about,
        problem=label_of(row.problem),
        body=row.body or "",
        email=row.email,
        sender=_person(sender) if sender else None,
        studio=_studio(studio) if studio else None,
        studio_number=row.studio_number,
        review=_reported_review(row),
        picture=_reported_picture(row),
        others=_other_reports(row),
    )


def _reported_review(row: Report) -> Review | None:
    """As long as it is on the page."""
    if row.about is not ReportAbout.REVIEW:
        return None
    query = select(Review).where(
        Review.id == row.about_number, Review.status == ReviewStatus.APPROVED
    )
    return db.session.scalar(query)


def _reported_picture(row: Report) -> Sources | None:
    if row.about is not ReportAbout.PICTURE:
        return None
    image = db.session.get(StudioImage, row.about_number or 0)
    return _sources(image) if image else None


def _other_reports(row: Report) -> int:
    same = Report.studio_number == row.studio_number, Report.decided_at.is_(None)
    some = select(Report.id).where(*same, Report.id != row.id).limit(MANY + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _sources(image: StudioImage) -> Sources | None:
    name = name_of(image)
    return sources_of(name) if IMAGE_NAME.fullmatch(name) else None


def _studio(studio: StudioProfile) -> Studio:
    name = one_line(studio.name) or UNNAMED
    return Studio(studio.id, name, slug_of(studio.name, studio.id), studio.is_listed)


def _person(user: User) -> Person:
    return Person(user.id, one_line(user.display_name) or user.username, user.created_at)


FIRST: dict[Kind, Callable[[Cursor | None], Found | None]] = {
    Kind.REVIEW: _first_review,
    Kind.PICTURE: _first_picture,
    Kind.REPORT: _first_report,
}
