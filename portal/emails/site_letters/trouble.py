"""What the control room says of emails of the sites: how many wait or were not sent, not whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

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


@dataclass(frozen=True)
class LetterTrouble:
    """`since`: when the oldest that waits was queued; `answer`: the last obstacle, if one is on
    record."""

    count: int
    since: datetime
    answer: str | None


def late_letters() -> LetterTrouble | None:
    before = now() - LATE
    found = [each for each in _waiting() if each[0] <= before]
    return _trouble(found)


def failed_letters() -> LetterTrouble | None:
    """Not sent in the last day: refused, in doubt and not sent again, or expired."""
    after = now() - SHOWN
    return _trouble([each for each in _failed() if each[0] >= after])


def _trouble(found: Sequence[tuple[datetime, str | None]]) -> LetterTrouble | None:
    """The rows are in order of time."""
    if not found:
        return None
    answers = [answer for _, answer in found if answer]
    return LetterTrouble(len(found), found[0][0], answers[-1] if answers else None)


@cached_until_commit()
def _waiting() -> list[tuple[datetime, str | None]]:
    return _rows(LetterSending.queued_at, LetterSending.finished_at.is_(None))


@cached_until_commit()
def _failed() -> list[tuple[datetime, str | None]]:
    """The newest, oldest first."""
    is_other = or_(LetterSending.why_not.is_(None), LetterSending.why_not != GONE)
    ended = LetterSending.finished_at
    found = _rows(ended, ended.isnot(None), LetterSending.is_sent.is_(False), is_other, newest=True)
    return found[::-1]


def _rows(
    at: InstrumentedAttribute[Any], *where: ColumnElement[bool], newest: bool = False
) -> list[tuple[datetime, str | None]]:
    order = at.desc() if newest else at
    query = select(at, LetterSending.why_not).where(*where).order_by(order).limit(AT_MOST)
    return [(moment, answer) for moment, answer in db.session.execute(query)]
