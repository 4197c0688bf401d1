"""Everything about one studio, for its page: figures and rows of others, by the studio's number."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.admin.rows import Line, lines_of
from portal.directory.claims.models import Claim, Origin
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.models import Review, ReviewStatus, StudioImage, StudioProfile, User
from portal.directory.owners.models import SiteMessage
from portal.directory.owners.own import Own, own_studio
from portal.directory.owners.publishing import Missing, missing_of
from portal.directory.reports.models import Report
from portal.directory.visibility import Image, Picture, pictures_of, slug_of

NO_STUDIO = "There is no studio with this number."
MOST_CLAIMS = 20


@dataclass(frozen=True)
class Counts:
    """Of the studio's rows. Messages are counted alone: their words are the owner's."""

    reviews: int
    approved: int
    pending: int
    messages: int
    open_reports: int


@dataclass(frozen=True)
class Whole:
    """`origin`: where it was imported from, also after somebody claimed it."""

    own: Own
    line: Line
    slug: str
    missing: list[Missing]
    is_imported: bool
    origin: Origin | None
    claims: list[Claim]
    pictures: tuple[Picture, ...]
    counts: Counts


def whole_studio(number: int) -> Whole:
    """Raises NotFound."""
    own, origin = own_of(number), select(Origin).where(Origin.studio_number == number)
    claims = select(Claim).where(Claim.studio_number == number)
    images = select(StudioImage).where(StudioImage.studio_id == number)
    in_order = images.order_by(StudioImage.sort_order, StudioImage.id)
    return Whole(
        own,
        lines_of([number])[0],
        slug_of(own.studio.name, number),
        missing_of(own),
        is_placeholder(own.user),
        db.session.scalar(origin),
        list(db.session.scalars(claims.order_by(Claim.created_at.desc()).limit(MOST_CLAIMS))),
        pictures_of([Image(e.image_url, e.alt_text) for e in db.session.scalars(in_order)]),
        _counts(number, own.user.id),
    )


def own_of(number: int) -> Own:
    """Raises NotFound."""
    query = select(User).join(StudioProfile, StudioProfile.user_id == User.id)
    user = db.session.scalar(query.where(StudioProfile.id == number))
    if user is None:
        raise NotFound(NO_STUDIO, remedy="It may have been deleted with its owner’s account.")
    return own_studio(user)


def _counts(number: int, user_id: int) -> Counts:
    """In one statement."""
    mine = Review.studio_id == number
    row = db.session.execute(
        select(
            _count(Review.id, mine),
            _count(Review.id, mine, Review.status == ReviewStatus.APPROVED),
            _count(Review.id, mine, Review.status == ReviewStatus.PENDING),
            _count(SiteMessage.id, SiteMessage.user_id == user_id),
            _count(Report.id, Report.studio_number == number, Report.decided_at.is_(None)),
        )
    ).one()
    return Counts(*row)


def _count(column: Any, *where: ColumnElement[bool]) -> Any:
    return select(func.count(column)).where(*where).scalar_subquery()
