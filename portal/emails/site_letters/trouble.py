"""What the control room says of emails of the sites: how many wait or were not sent, not whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, union_all

from portal.core.clock import now
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.directory.users.ended import LetterSending
from portal.emails.site_letters.sendings import GONE

LATE = timedelta(minutes=10)
"""How long one may wait: the second try of a mail server that turns everybody away once is over."""
SHOWN = timedelta(days=1)
"""How long one that was not sent is spoken of: no one can do anything about it later."""
AT_MOST = 500
WAITING, FAILED = "letter-waiting", "letter-failed"


@dataclass(frozen=True)
class LetterTrouble:
    """`since`: when the oldest that waits was queued; `answer`: the last obstacle, if one is on
    record."""

    count: int
    since: datetime
    answer: str | None


@dataclass(frozen=True)
class StoredTrouble:
    """`at`: when it was queued, or ended; `answer`: the last obstacle."""

    kind: str
    at: datetime
    answer: str | None


def late_letters() -> LetterTrouble | None:
    before = now() - LATE
    return _trouble([each for each in _of(WAITING) if each.at <= before])


def failed_letters() -> LetterTrouble | None:
    """Not sent in the last day: refused, in doubt and not sent again, or expired."""
    after = now() - SHOWN
    return _trouble([each for each in _of(FAILED) if each.at >= after])


def _trouble(found: Sequence[StoredTrouble]) -> LetterTrouble | None:
    if not found:
        return None
    answers = [each.answer for each in found if each.answer]
    return LetterTrouble(len(found), found[0].at, answers[-1] if answers else None)


def _of(kind: str) -> list[StoredTrouble]:
    """In order of time."""
    return sorted((each for each in letter_rows() if each.kind == kind), key=lambda row: row.at)


@cached_until_commit()
def letter_rows() -> list[StoredTrouble]:
    """In one statement. Home reads them along with its other records."""
    found = db.session.execute(union_all(*letter_parts()), bind_arguments={"mapper": LetterSending})
    return [StoredTrouble(*row) for row in found]


def letter_parts() -> tuple[Select[Any], Select[Any]]:
    """The columns of `StoredTrouble`: the oldest that wait, and the newest that were not sent."""
    is_other = or_(LetterSending.why_not.is_(None), LetterSending.why_not != GONE)
    queued, ended = LetterSending.queued_at, LetterSending.finished_at
    failed = (ended.isnot(None), LetterSending.is_sent.is_(False), is_other)
    return (
        _part(WAITING, queued, ended, ended.is_(None)),  # an index has the order
        _part(FAILED, ended, ended.desc(), *failed),
    )


def _part(kind: str, at: Any, order: Any, *where: ColumnElement[bool]) -> Select[Any]:
    """A part of a union has no limit of its own, so the limit is in a subquery."""
    query = select(at.label("at"), LetterSending.why_not).where(*where)
    some = query.order_by(order).limit(AT_MOST).subquery()
    return select(literal(kind), some.c.at, some.c.why_not)
