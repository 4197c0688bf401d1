"""How much waits, counted to 100: for the queue, and for the home of the control room."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    and_,
    exists,
    func,
    literal,
    select,
    text,
)
from sqlalchemy import cast as as_type

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


@dataclass(frozen=True)
class Waiting:
    """101 means more than 100."""

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
    return waiting_in(str(connection.execute(text(WAITING)).scalar_one()).split())


def waiting_in(numbers: Sequence[str]) -> Waiting:
    """From the five numbers of WAITING."""
    edits, old, pictures, reports, claims = map(int, numbers)
    return Waiting(min(edits + old, MOST + 1), pictures, reports, claims)


def is_shown(owner: Any) -> ColumnElement[bool]:
    """Unless staff have deleted the studio: what is in it waits until it returns."""
    deleted = and_(_restricted.c.user_id == owner, _restricted.c.deleted_at.is_not(None))
    return ~exists().where(deleted)


def _counts() -> list[Select[Any]]:
    reviewed = _reviews.join(_studios, _studios.c.id == _reviews.c.studio_id)
    known = _own.c.review_number == _reviews.c.id
    edits = select(_own.c.id).select_from(reviewed.join(_own, known))
    old = select(_reviews.c.id).select_from(reviewed).where(PENDING, ~exists().where(known))
    of_image = _checks.join(_images, _images.c.id == _checks.c.image_number)
    pictures = select(_checks.c.id).select_from(of_image.join(_studios))
    waits, there = _checks.c.decided_at.is_(None), is_shown(_studios.c.user_id)
    return [
        edits.where(_own.c.decided_at.is_(None), there),
        old.where(there),
        pictures.where(waits, there),
        select(_reports.c.id).where(_reports.c.decided_at.is_(None)),
        select(_claims.c.id).where(_claims.c.state == ClaimState.WAITING),
    ]


def _in_one(queries: Sequence[Select[Any]]) -> str:
    """“3 0 2 1 101”: one value, in SQL that both engines know."""
    some = [select(func.count()).select_from(each.limit(MOST + 1).subquery()) for each in queries]
    numbers = [as_type(each.scalar_subquery(), String(3)) for each in some]
    joined: ColumnElement[str] = numbers[0]
    for each in numbers[1:]:
        joined = joined + literal(" ") + each
    return str(select(joined).compile(compile_kwargs={"literal_binds": True}))


WAITING = _in_one(_counts())
"""A statement with one value, so that home reads it along with another one."""
