"""Rows of one account that a merge gives to another, and back.

Both ways they are loaded and changed one by one, since the derived tables follow objects.
"""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select

from portal.core.errors import Conflict
from portal.core.storage.database import DirectoryModel, JsonDict, db
from portal.directory.claims.drafts import as_data, from_data
from portal.directory.claims.models import Claim
from portal.directory.models import Review, ReviewResponse, StudioProfile, User
from portal.directory.owners.models import SiteMessage
from portal.directory.reports.models import Report
from portal.directory.reviews.models import OwnReview, ReviewRecord

PLAIN: dict[str, tuple[type[DirectoryModel], str]] = {
    "messages": (SiteMessage, "user_id"),
    "claims": (Claim, "user_id"),
    "reports": (Report, "user_id"),
    "records": (ReviewRecord, "user_id"),
    "answers": (ReviewResponse, "author_id"),
    "reviews of the studio": (Review, "owner_id"),
}
"""What is moved as it is: by the name in the change, the model and its column of the person."""
CHANGED = "A review has changed since the two accounts were merged, so nothing was taken back."


def move_plain(from_id: int, to_id: int) -> JsonDict:
    """The ids of what was moved, by name."""
    moved: JsonDict = {}
    for name, (model, column) in PLAIN.items():
        rows = list(db.session.scalars(select(model).where(getattr(model, column) == from_id)))
        for row in rows:
            setattr(row, column, to_id)
        moved[name] = [row.id for row in rows]  # type: ignore[attr-defined]
    return moved


def move_plain_back(moved: JsonDict, from_id: int, to_id: int) -> None:
    """Those that are still there, and belong to whom they were moved to."""
    for name, (model, column) in PLAIN.items():
        for number in moved.get(name, []):
            row = db.session.get(model, number)
            if row is not None and getattr(row, column) == from_id:
                setattr(row, column, to_id)


def move_reviews(from_id: int, to_id: int) -> JsonDict:
    """Where both reviewed one studio, the newer stays. `moved`: ids; `dropped`: rows as data."""
    own = {each.studio_id: each for each in _reviews_of(to_id)}
    moved, dropped = [], []
    for review in _reviews_of(from_id):
        other = own.get(review.studio_id)
        loser = None
        if other is not None:
            loser = review if review.updated_at <= other.updated_at else other
            dropped += _drop(loser)
        if loser is not review:
            own[review.studio_id] = review
            _give(review, to_id)
            moved.append(review.id)
    _give_rows_without_review(from_id, to_id)
    db.session.flush()
    return {"moved": moved, "dropped": dropped}


def marks_of(numbers: Iterable[int]) -> dict[str, str]:
    """When each of these reviews was changed last: after the merge, and before it is taken back."""
    query = select(Review.id, Review.updated_at).where(Review.id.in_(list(numbers)))
    return {str(number): at.isoformat() for number, at in db.session.execute(query)}


def move_reviews_back(kept: JsonDict, marks: dict[str, str], to_id: int) -> None:
    """Raises Conflict where one of them was changed or deleted since."""
    if marks_of(kept.get("moved", [])) != marks:
        raise Conflict(CHANGED)
    for number in kept.get("moved", []):
        _give(db.session.get_one(Review, number), to_id)
    db.session.flush()
    _put_back(kept.get("dropped", []))


def _put_back(dropped: Iterable[tuple[str, JsonDict]]) -> None:
    """A review of a studio that was deleted since is kept for its author, as others of it are."""
    gone: set[int | None] = set()
    for table, data in dropped:
        row = from_data(MODELS[table], data)
        if isinstance(row, Review):
            studio = db.session.get(StudioProfile, row.studio_id)
            if studio is None:
                gone.add(row.id)
                row = _record_of(row, str(data.get("studio") or ""))
            elif db.session.get(User, row.owner_id) is None:
                row.owner_id = studio.user_id
        elif _review_of(row) in gone or _is_by_nobody(row):
            continue
        db.session.add(row)
        db.session.flush()


def _review_of(row: ReviewResponse | OwnReview) -> int | None:
    return row.review_id if isinstance(row, ReviewResponse) else row.review_number


def _is_by_nobody(row: ReviewResponse | OwnReview) -> bool:
    """An answer whose author's account was deleted since."""
    return isinstance(row, ReviewResponse) and db.session.get(User, row.author_id) is None


def _record_of(review: Review, studio: str) -> ReviewRecord:
    return ReviewRecord(
        id=str(uuid4()),
        user_id=review.reviewer_id,
        studio_number=review.studio_id,
        studio_name=studio,
        rating=review.rating,
        content=review.content,
        status=review.status.value,
        written_at=review.created_at,
    )


MODELS: dict[str, type[DirectoryModel]] = {
    each.__tablename__: each for each in (Review, ReviewResponse, OwnReview)
}


def _reviews_of(user_id: int) -> list[Review]:
    """The oldest first."""
    query = select(Review).where(Review.reviewer_id == user_id)
    return list(db.session.scalars(query.order_by(Review.created_at, Review.id)))


def _own_row(review: Review) -> OwnReview | None:
    query = select(OwnReview).where(OwnReview.review_number == review.id)
    return db.session.scalar(query)


def _give(review: Review, to_id: int) -> None:
    """With the row beside it, which stays unique for person and studio."""
    if own := _own_row(review):
        stale = select(OwnReview).where(
            OwnReview.user_id == to_id,
            OwnReview.studio_number == own.studio_number,
            OwnReview.id != own.id,
        )
        for each in db.session.scalars(stale):
            db.session.delete(each)
        db.session.flush()
        own.user_id = to_id
    review.reviewer_id = to_id
    db.session.flush()


def _drop(review: Review) -> list[tuple[str, JsonDict]]:
    """Delete it with its answer and the row beside it; returns them as data."""
    rows: list[Any] = [review]
    rows += [each for each in (review.response, _own_row(review)) if each is not None]
    kept = [(each.__tablename__, as_data(each)) for each in rows]
    kept[0][1]["studio"] = review.studio.name
    for each in rows[1:]:
        db.session.delete(each)
    db.session.flush()
    db.session.expire(review)
    db.session.delete(review)
    db.session.flush()
    return kept


def _give_rows_without_review(from_id: int, to_id: int) -> None:
    """Such as of a review that its author deleted; where both have one, each keeps its own."""
    theirs = select(OwnReview.studio_number).where(OwnReview.user_id == to_id)
    mine = OwnReview.user_id == from_id, OwnReview.studio_number.not_in(theirs)
    for each in db.session.scalars(select(OwnReview).where(*mine)):
        each.user_id = to_id


def self_reviews(one: int, other: int, studios: Iterable[int]) -> bool:
    """Whether one of two people has reviewed one of these studios, which are theirs."""
    query = select(Review.id).where(
        or_(Review.reviewer_id == one, Review.reviewer_id == other),
        Review.studio_id.in_(list(studios)),
    )
    return db.session.scalar(query.limit(1)) is not None
