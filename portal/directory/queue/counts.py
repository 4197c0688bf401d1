"""How much waits, counted to 100: for the queue, and for the home of the control room."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    and_,
    exists,
    func,
    literal,
    select,
    union_all,
)

from portal.directory.claims.models import Claim, ClaimState, StudioRestriction
from portal.directory.models import Review, StudioImage, StudioProfile
from portal.directory.reports.models import PictureCheck, Report
from portal.directory.reviews.models import OwnReview
from portal.directory.reviews.waiting import PENDING

MOST = 100
_claims, _checks, _reports, _own, _reviews, _images, _studios, _restricted = (
    cast(Table, model.__table__)
    for model in (
        *(Claim, PictureCheck, Report, OwnReview, Review, StudioImage, StudioProfile),
        StudioRestriction,
    )
)
CLAIM, REVIEW, PICTURE, REPORT = "claim", "review", "picture", "report"


@dataclass(frozen=True)
class Waiting:
    """101 stands for more than 100."""

    reviews: int = 0
    pictures: int = 0
    reports: int = 0
    claims: int = 0

    @property
    def items(self) -> int:
        """Those that the queue shows one at a time."""
        return self.reviews + self.pictures + self.reports

    @property
    def in_words(self) -> str:
        """“3 reviews, 1 claim and 2 reports wait”; empty where nothing does."""
        named = [
            (self.reviews, "review"),
            (self.pictures, "picture"),
            (self.reports, "report"),
            (self.claims, "claim"),
        ]
        parts = [f"{shown(n)} {noun}{'s' * (n != 1)}" for n, noun in named if n]
        if not parts:
            return ""
        *first, last = parts
        is_one = len(parts) == 1 and parts[0].startswith("1 ")
        return f"{', '.join(first)} and {last} wait" if first else f"{last} wait{'s' * is_one}"


def shown(count: int) -> str:
    return f"{MOST}+" if count > MOST else str(count)


def count_waiting(connection: Connection) -> Waiting:
    """One statement, which reads what waits alone, and no more than 101 of each kind."""
    found: dict[str, int] = {}
    for kind, number in connection.execute(COUNTS):
        found[kind] = found.get(kind, 0) + number
    reviews = min(found[REVIEW], MOST + 1)
    return Waiting(reviews, found[PICTURE], found[REPORT], found[CLAIM])


def _some(kind: str, query: Select[Any]) -> Select[Any]:
    some = query.limit(MOST + 1).subquery()
    return select(literal(kind).label("kind"), func.count().label("number")).select_from(some)


def is_shown(owner: Any) -> ColumnElement[bool]:
    """Unless staff have deleted the studio: what is in it waits until it returns."""
    deleted = and_(_restricted.c.user_id == owner, _restricted.c.deleted_at.is_not(None))
    return ~exists().where(deleted)


def _counts() -> CompoundSelect[Any]:
    reviewed = _reviews.join(_studios, _studios.c.id == _reviews.c.studio_id)
    known = _own.c.review_number == _reviews.c.id
    edits = select(_own.c.id).select_from(reviewed.join(_own, known))
    old = select(_reviews.c.id).select_from(reviewed).where(PENDING, ~exists().where(known))
    of_image = _checks.join(_images, _images.c.id == _checks.c.image_number)
    pictures = select(_checks.c.id).select_from(of_image.join(_studios))
    waits, there = _checks.c.decided_at.is_(None), is_shown(_studios.c.user_id)
    return union_all(
        _some(REVIEW, edits.where(_own.c.decided_at.is_(None), there)),
        _some(REVIEW, old.where(there)),
        _some(PICTURE, pictures.where(waits, there)),
        _some(REPORT, select(_reports.c.id).where(_reports.c.decided_at.is_(None))),
        _some(CLAIM, select(_claims.c.id).where(_claims.c.state == ClaimState.WAITING)),
    )


COUNTS = _counts()
