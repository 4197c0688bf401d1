"""What the pages of actions show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select

from portal.core.paging import Page, page_of, page_of_rows
from portal.core.storage.database import db
from portal.directory.batches.requesting import UNDO_FOR, undo_of, why_no_undo
from portal.directory.claims.placeholders import placeholders
from portal.directory.folding import one_line
from portal.directory.history.models import Batch, Change
from portal.directory.models import Review, StudioProfile, User
from portal.directory.presentation import UNNAMED
from portal.directory.users.access.finding import user_with
from portal.directory.visibility import is_listed

PAGE, FIRST, LONGEST_NUMBER = 50, 20, 9


@dataclass(frozen=True)
class Line:
    """A batch in the list; `undone_by`: who took it back."""

    id: str
    action: str
    by_name: str
    created_at: datetime
    finished_at: datetime | None
    count: int
    changed: int
    refused: int
    undone_by: str | None


@dataclass(frozen=True)
class Left:
    """A studio that is as it was, and why."""

    number: int
    name: str
    why: str


@dataclass(frozen=True)
class Whole:
    """A batch with the one that took it back, or that it takes back. `why_no_undo`: None where it
    can be taken back until `undo_until`."""

    batch: Batch
    undo: Batch | None
    original: Batch | None
    why_no_undo: str | None

    @property
    def count(self) -> int:
        """Of studios; an import does not count them beforehand."""
        return int(self.batch.details.get("count") or len(self.batch.numbers))

    @property
    def undo_until(self) -> datetime:
        return self.batch.created_at + UNDO_FOR


def page_of_batches(number: int) -> Page[Line]:
    """Newest first, without the numbers of studios, which may be thousands."""
    query = select(Batch.id).order_by(Batch.created_at.desc(), Batch.id)
    page: Page[str] = page_of_rows(db.session(), cast(Any, query), number=number, size=PAGE)
    return page.showing(_lines(page.items))


def _lines(ids: Sequence[str]) -> list[Line]:
    columns = Batch.id, Batch.action, Batch.by_name, Batch.created_at, Batch.finished_at
    query = select(*columns, Batch.details).where(Batch.id.in_(ids))
    rows = db.session.execute(query.order_by(Batch.created_at.desc(), Batch.id)).all()
    undone = select(Batch.undoes, Batch.by_name).where(Batch.undoes.in_(ids))
    by = {row.undoes: row.by_name for row in db.session.execute(undone)}
    return [_line(row, by.get(row.id)) for row in rows]


def _line(row: Any, undone_by: str | None) -> Line:
    details = row.details if isinstance(row.details, dict) else {}
    count, changed, refused = (
        int(details.get(name) or 0) for name in ("count", "changed", "refused")
    )
    return Line(
        id=row.id,
        action=row.action,
        by_name=row.by_name,
        created_at=row.created_at,
        finished_at=row.finished_at,
        count=count,
        changed=changed,
        refused=refused,
        undone_by=undone_by,
    )


def whole_batch(batch: Batch) -> Whole:
    original = db.session.get(Batch, batch.undoes) if batch.undoes else None
    return Whole(batch, undo_of(batch.id), original, why_no_undo(batch))


def page_of_changes(batch_id: str, number: int) -> Page[Change]:
    query = select(Change).where(Change.batch_id == batch_id)
    return page_of_rows(
        db.session(), query.order_by(Change.number, Change.id), number=number, size=PAGE
    )


def page_of_left(batch: Batch, number: int) -> Page[Left]:
    """By the sentence, so that equal ones are together."""
    given = sorted(batch.refused.items(), key=lambda item: (str(item[1]), int(item[0])))
    page = page_of(given, number=number, size=PAGE)
    names = names_of([int(each) for each, _ in page.items])
    return page.showing(
        [Left(int(each), names.get(int(each), ""), str(why)) for each, why in page.items]
    )


def names_of(numbers: Sequence[int]) -> dict[int, str]:
    query = select(StudioProfile.id, StudioProfile.name).where(StudioProfile.id.in_(numbers))
    return {row.id: one_line(row.name) or UNNAMED for row in db.session.execute(query)}


@dataclass(frozen=True)
class Concerned:
    """What a page to confirm says of the studios: how many there are, are public, belong to people,
    and how many reviews they have; and the first of them."""

    studios: int
    listed: int
    owned: int
    reviews: int
    first: Sequence[tuple[int, str]]


def concerned(numbers: Sequence[int]) -> Concerned:
    """In few statements, for some thousand."""
    these = StudioProfile.id.in_(numbers)
    studios, listed, owned = db.session.execute(
        select(
            func.count(),
            func.count().filter(is_listed()),
            func.count().filter(~placeholders()),
        )
        .select_from(StudioProfile)
        .join(User, User.id == StudioProfile.user_id)
        .where(these)
    ).one()
    reviews = select(func.count()).where(Review.studio_id.in_(numbers))
    names = select(StudioProfile.id, StudioProfile.name).where(these)
    first = db.session.execute(names.order_by(StudioProfile.id).limit(FIRST)).all()
    rows = [(row.id, one_line(row.name) or UNNAMED) for row in first]
    return Concerned(studios, listed, owned, db.session.scalar(reviews) or 0, rows)


def person_named(text: str) -> User | None:
    """By address, or by number."""
    text = text.strip()
    if text.isdecimal():
        return db.session.get(User, int(text)) if len(text) <= LONGEST_NUMBER else None
    return user_with(text) if text else None
