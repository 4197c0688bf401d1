"""What staff decided on lately, and what can be corrected of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.messages.queries import is_id
from portal.directory.models import Review, ReviewStatus, StudioProfile
from portal.directory.presentation import UNNAMED
from portal.directory.queue.order import Kind
from portal.directory.reports.models import PictureCheck, Report
from portal.directory.reports.pictures import RETURN_WITHIN
from portal.directory.reviews.models import OwnReview

SHOWN = 20


@dataclass(frozen=True)
class Decided:
    """`said`: what was decided, in words. `can_undo`: by a decision “undo”; `can_remove`: an
    approved review, which can be taken off its page."""

    kind: Kind
    id: str
    at: datetime
    by: str
    said: str
    why: str
    studio_number: int | None
    can_undo: str = ""
    can_remove: bool = False


def decided_lately() -> list[Decided]:
    """The newest of each kind within 30 days, the newest first."""
    since = now() - RETURN_WITHIN
    found = [*_pictures(since), *_reports(since), *_reviews(since)]
    return sorted(found, key=lambda each: each.at, reverse=True)


def decided_item(name: str | None) -> Decided | None:
    """“picture-…”: what was just decided, for the sentence about it."""
    kind, _, number = (name or "").partition("-")
    if kind == Kind.PICTURE and is_id(number):
        check = db.session.get(PictureCheck, number)
        return _picture(check, None) if check and check.decided_at else None
    if kind == Kind.REPORT and is_id(number):
        report = db.session.get(Report, number)
        return _report(report) if report and report.decided_at else None
    if kind == Kind.REVIEW and number.isascii() and number.isdecimal() and len(number) < 10:
        return _review_called(int(number))
    return None


def _pictures(since: datetime) -> list[Decided]:
    query = select(PictureCheck, StudioProfile.id).outerjoin(
        StudioProfile, StudioProfile.user_id == PictureCheck.user_id
    )
    query = query.where(PictureCheck.decided_at > since)
    rows = db.session.execute(query.order_by(PictureCheck.decided_at.desc()).limit(SHOWN))
    return [_picture(check, studio) for check, studio in rows]


def _picture(check: PictureCheck, studio: int | None) -> Decided:
    is_removed = check.removed_because is not None
    said = "Picture removed" if is_removed else "Picture accepted"
    return Decided(
        *(Kind.PICTURE, check.id, check.decided_at or now(), check.decided_by or ""),
        *(said, check.removed_because or "", studio),
        can_undo="Put it back" if is_removed else "Undo",
    )


def _reports(since: datetime) -> list[Decided]:
    query = select(Report).where(Report.decided_at > since)
    rows = db.session.scalars(query.order_by(Report.decided_at.desc()).limit(SHOWN))
    return [_report(each) for each in rows]


def _report(row: Report) -> Decided:
    return Decided(
        *(Kind.REPORT, row.id, row.decided_at or now(), row.decided_by or "", "Report closed"),
        *(row.outcome or "", row.studio_number),
        can_undo="Open it again",
    )


def _reviews(since: datetime) -> list[Decided]:
    query = select(OwnReview, Review).join(Review, Review.id == OwnReview.review_number)
    query = query.where(OwnReview.decided_at > since)
    rows = db.session.execute(query.order_by(OwnReview.decided_at.desc()).limit(SHOWN))
    return [_review(own, review) for own, review in rows]


def _review_called(number: int) -> Decided | None:
    query = select(OwnReview, Review).join(Review, Review.id == OwnReview.review_number)
    row = db.session.execute(query.where(Review.id == number)).one_or_none()
    return _review(*row) if row and row[0].decided_at else None


def _review(own: OwnReview, review: Review) -> Decided:
    is_approved = review.status is ReviewStatus.APPROVED and own.refused_because is None
    return Decided(
        *(Kind.REVIEW, str(review.id), own.decided_at or now(), ""),
        "Review approved" if is_approved else "Review refused or removed",
        *(own.refused_because or "", review.studio_id),
        can_remove=is_approved,
    )


def studio_names(decided: list[Decided]) -> dict[int, str]:
    numbers = {each.studio_number for each in decided if each.studio_number is not None}
    query = select(StudioProfile.id, StudioProfile.name).where(StudioProfile.id.in_(numbers))
    return {number: one_line(name) or UNNAMED for number, name in db.session.execute(query)}
