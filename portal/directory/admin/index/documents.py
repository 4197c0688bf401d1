"""What the admins' index keeps of a studio: its sets, and its place in each order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, String, and_, or_, select, type_coerce

from portal.directory.admin.index.tokens import (
    EVERYBODY,
    FLAG,
    HOST,
    LONGEST_KEY,
    OWNER,
    PICTURES,
    REVIEWS,
    STATE,
    TYPE,
    city_token,
    day_tokens,
    folded_line,
    host_of,
    word_tokens,
    words_of,
)
from portal.directory.claims.models import Origin, StudioRestriction
from portal.directory.derived.ratings import counted_ratings
from portal.directory.derived.registry import Among
from portal.directory.models import (
    Review,
    ReviewStatus,
    StudioImage,
    StudioProfile,
    StudioStatus,
    StudioStudioType,
    is_listed_row,
)
from portal.directory.owners.models import StudioDetails
from portal.directory.reviews.models import OwnReview
from portal.directory.users.models import SiteAccount

ORDERS = ("made", "changed", "named", "city", "rated")
MILLION = 1_000_000
EARLIEST = 10**16
"""Added to a time, so that its digits sort also before 1970."""
LONGEST_NUMBER = 11
BETWEEN = "\x01"
"""Between the value of a place and the studio's number: before any letter of a value."""


class State(StrEnum):
    """What staff call it. A hidden or deleted studio was so by staff, but for `HIDDEN`."""

    DRAFT = "draft"
    PENDING = "pending"
    PUBLISHED = "published"
    HIDDEN = "hidden-by-owner"
    OFF = "hidden-by-staff"
    DELETED = "deleted"


class Owner(StrEnum):
    OWN = "own"
    IMPORTED = "imported"
    LEAVING = "leaving"


FLAGS = {"verified": "is_verified", "featured": "is_featured", "premium": "is_premium"}
SOME, WAITING = "some", "waiting"


@dataclass(frozen=True)
class Document:
    """`places`: by order, a text that sorts as the studio does."""

    number: int
    places: Mapping[str, str]
    tokens: tuple[str, ...]

    @property
    def values(self) -> dict[str, Any]:
        return {"studio_id": self.number, **self.places, "tokens": "\n".join(self.tokens)}


@dataclass(frozen=True)
class Beside:
    """What other tables have of some studios."""

    types: Mapping[int, list[str]]
    pictured: frozenset[int]
    ratings: Mapping[int, tuple[int, int]]
    reviewed: frozenset[int]
    waiting: frozenset[int]


def documents(connection: Connection, among: Among) -> list[Document]:
    """Six statements."""
    rows = connection.execute(_ROWS.where(among(StudioProfile.id)).order_by(StudioProfile.id)).all()
    return [document_of(row, beside) for beside in [_beside(connection, among)] for row in rows]


_of = StudioProfile
_ROWS = (
    select(
        *(_of.id, _of.name, _of.city, _of.status, _of.is_profile_visible, _of.website_url),
        *(_of.is_verified, _of.is_featured, _of.is_premium, _of.created_at, _of.updated_at),
        StudioDetails.hidden_at.label("owner_hid_at"),
        StudioRestriction.hidden_at.label("staff_hid_at"),
        StudioRestriction.deleted_at,
        Origin.user_id.label("placeholder"),
        SiteAccount.deletion_due_at,
    )
    .select_from(StudioProfile)
    .outerjoin(StudioDetails, StudioDetails.user_id == StudioProfile.user_id)
    .outerjoin(StudioRestriction, StudioRestriction.user_id == StudioProfile.user_id)
    .outerjoin(Origin, Origin.user_id == StudioProfile.user_id)
    .outerjoin(SiteAccount, SiteAccount.user_id == StudioProfile.user_id)
)


def _beside(connection: Connection, among: Among) -> Beside:
    kind = type_coerce(StudioStudioType.studio_type, String)
    types: dict[int, list[str]] = {}
    for number, value in connection.execute(
        select(StudioStudioType.studio_id, kind).where(among(StudioStudioType.studio_id))
    ):
        types.setdefault(number, []).append(value)
    pictured = select(StudioImage.studio_id).where(among(StudioImage.studio_id)).distinct()
    ratings = connection.execute(counted_ratings().where(among(Review.studio_id)))
    reviewed = select(Review.studio_id).where(among(Review.studio_id)).distinct()
    return Beside(
        types,
        frozenset(connection.scalars(pictured)),
        {row.studio_id: (row.reviews, int(row.total)) for row in ratings},
        frozenset(connection.scalars(reviewed)),
        frozenset(connection.scalars(_waiting().where(among(Review.studio_id)))),
    )


def _waiting() -> Any:
    """Studios with a review that staff have to decide on: a new one, an edit, or one that is
    pending since before there were rows for that."""
    undecided = and_(OwnReview.id.is_not(None), OwnReview.decided_at.is_(None))
    old = and_(OwnReview.id.is_(None), Review.status == ReviewStatus.PENDING)
    return (
        select(Review.studio_id)
        .outerjoin(OwnReview, OwnReview.review_number == Review.id)
        .where(or_(undecided, old))
        .distinct()
    )


def document_of(row: Any, beside: Beside) -> Document:
    return Document(
        row.id,
        {name: place_of(key, row.id) for name, key in _keys(row, beside)},
        tuple(dict.fromkeys(_tokens(row, beside))),
    )


def place_of(key: str, number: int) -> str:
    return f"{key}{BETWEEN}{number:010d}"


def written(place: str) -> str:
    """As an address has it: “soho rooms~12”."""
    key, _, number = place.rpartition(BETWEEN)
    return f"{key}~{int(number)}"


def read_place(text: str) -> str:
    """The opposite. Any other text is a place before those that begin like it."""
    key, _, number = text.rpartition("~")
    is_number = number.isascii() and number.isdecimal() and len(number) < LONGEST_NUMBER
    return place_of(key, int(number)) if is_number else text


def _keys(row: Any, beside: Beside) -> Iterator[tuple[str, str]]:
    yield "made", time_key(row.created_at)
    yield "changed", time_key(row.updated_at)
    yield "named", folded_line(row.name)[:LONGEST_KEY]
    yield "city", folded_line(row.city)[:LONGEST_KEY]
    reviews, total = beside.ratings.get(row.id, (0, 0))
    yield "rated", f"{round(total / reviews * MILLION):07d}{reviews:07d}" if reviews else ""


def time_key(at: datetime) -> str:
    return f"{max(0, EARLIEST + round(at.timestamp() * MILLION)):017d}"


def state_of(row: Any) -> State:
    """Of a row with the columns of `_ROWS`."""
    if row.deleted_at:
        return State.DELETED
    if row.staff_hid_at:
        return State.OFF
    if row.status == StudioStatus.PENDING:
        return State.PENDING
    if row.status == StudioStatus.INACTIVE:
        return State.HIDDEN if row.owner_hid_at else State.OFF
    return State.PUBLISHED if is_listed_row(row) else State.DRAFT


def _tokens(row: Any, beside: Beside) -> Iterator[str]:
    yield EVERYBODY
    yield STATE + state_of(row)
    yield OWNER + (Owner.IMPORTED if row.placeholder else Owner.OWN)
    if row.deletion_due_at:
        yield OWNER + Owner.LEAVING
    yield from (FLAG + name for name, column in FLAGS.items() if getattr(row, column))
    yield from (TYPE + each for each in sorted(beside.types.get(row.id, ())))
    yield city_token(row.city)
    yield from _of_related(row.id, beside)
    if host := host_of(row.website_url):
        yield HOST + host
    yield from day_tokens(row.updated_at.astimezone(UTC).date())
    yield from _of_words((row.name, row.city))


def _of_related(number: int, beside: Beside) -> Iterator[str]:
    if number in beside.reviewed:
        yield REVIEWS + SOME
    if number in beside.waiting:
        yield REVIEWS + WAITING
    if number in beside.pictured:
        yield PICTURES + SOME


def _of_words(texts: Iterable[str | None]) -> Iterator[str]:
    for text in texts:
        for word in words_of(text):
            yield from word_tokens(word)
