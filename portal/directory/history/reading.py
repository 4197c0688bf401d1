"""A studio's history as staff read it: who changed what, when, from what to what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.core.paging import Page, page_of_rows
from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.history.models import Change, ChangedBy, Subject
from portal.directory.history.words import (
    LONGEST,
    UNSHOWN,
    action_words,
    field_word,
    said,
    shortened,
)

PAGE = 20
WHO = {ChangedBy.STAFF: "staff", ChangedBy.PERSON: "its owner", ChangedBy.WORKER: "worker"}


@dataclass(frozen=True)
class Field:
    """One field of a change; `is_long` where its words are shortened."""

    name: str
    word: str
    before: str
    after: str

    @property
    def is_long(self) -> bool:
        return max(len(self.before), len(self.after)) > LONGEST

    @property
    def short(self) -> tuple[str, str]:
        return shortened(self.before), shortened(self.after)


@dataclass(frozen=True)
class Line:
    """`is_batch`: of an action on several, which has a page of its own. `may_be_undone`: whether a
    button for that is offered; the service decides when it is pressed."""

    id: str
    at: datetime
    by: str
    kind: str
    words: str
    reason: str
    fields: tuple[Field, ...]
    batch_id: str | None
    may_be_undone: bool


def changes_of(studio_number: int, page: int) -> Page[Line]:
    """The newest first."""
    query = (
        select(Change)
        .where(Change.studio_number == studio_number)
        .order_by(Change.at.desc(), Change.id)
    )
    found = page_of_rows(db.session(), query, number=page, size=PAGE)
    return found.showing([_line(each) for each in found.items])


def _line(change: Change) -> Line:
    before, after = _dict(change.before), _dict(change.after)
    names = [each for each in dict.fromkeys((*before, *after)) if each not in UNSHOWN]
    return Line(
        change.id,
        change.at,
        one_line(change.by_name) or "Somebody",
        _who(change),
        action_words(change.action),
        one_line(change.reason),
        tuple(
            Field(name, field_word(name), said(before.get(name)), said(after.get(name)))
            for name in names
        ),
        change.batch_id,
        bool(names) and is_undoable(change),
    )


def _who(change: Change) -> str:
    """Who claims a studio is not its owner; the studio's mailbox has no number."""
    if change.by is not ChangedBy.PERSON:
        return WHO[change.by]
    if change.by_number is None:
        return "without a login"
    return "who claims it" if change.subject is Subject.CLAIM else WHO[change.by]


def is_undoable(change: Change) -> bool:
    """Of the studio's own fields; a hand-over and an import are taken back on their own pages."""
    others = {"studio.handed-over", "studio.imported"}
    return change.subject is Subject.STUDIO and change.action not in others


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
