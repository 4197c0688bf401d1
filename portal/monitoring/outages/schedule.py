"""When the next notice of an outage is due, and of which kind.

One that goes up and down for an hour gives two notices: that it is down and, once it has stayed
up, that it is up. A notice in between would be wrong by the time that it is read. If it stays down
after all, notices go on.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core.storage.database import db
from portal.jobs.leases.clocks import AHEAD
from portal.monitoring.outages.cause import cause_named
from portal.monitoring.outages.models import Notice, NoticeKind, Outage

EVERY = timedelta(minutes=5)
"""Between two notices of an outage without an acknowledgement."""
MOST_REMINDERS = 12
"""The last of them says that it is the last."""
STAYED_UP = timedelta(minutes=5)
"""For so long it was up before a notice says so."""
STAYED_DOWN = timedelta(minutes=15)
"""For so long it was down again before a notice says so."""
LONGEST_WAIT = max(EVERY, STAYED_UP, STAYED_DOWN)


def is_due(outage: Outage, at: datetime) -> bool:
    """A time further away than any wait was written by a wrong clock, and counts as due."""
    due = outage.next_notice_at
    return due is not None and (due <= at or due > at + LONGEST_WAIT + AHEAD)


def after_opening(at: datetime) -> datetime:
    return at


def after_return(outage: Outage, at: datetime) -> None:
    """If a notice said that it is up, it has to be acknowledged again."""
    if last_kind(outage) is NoticeKind.UP:
        outage.acknowledged_at = outage.acknowledged_by_id = outage.acknowledged_by = None
    if outage.notices == 0:
        outage.next_notice_at = at
    elif outage.acknowledged_at is None and _is_repeated(outage):
        outage.next_notice_at = at + STAYED_DOWN
    else:
        outage.next_notice_at = None


def after_end(outage: Outage, at: datetime, *, is_up: bool) -> None:
    """Nothing if no notice said that it is down, or the last one says that it is up."""
    is_said = last_kind(outage) in (None, NoticeKind.UP)
    outage.next_notice_at = at + STAYED_UP if is_up and not is_said else None


def after_notice(outage: Outage, kind: NoticeKind, at: datetime) -> None:
    is_last = kind in (NoticeKind.UP, NoticeKind.LAST) or not _is_repeated(outage)
    outage.next_notice_at = None if is_last else at + EVERY


def next_kind(outage: Outage) -> NoticeKind:
    if outage.ended_at is not None:
        return NoticeKind.UP
    if outage.notices == 0:
        return NoticeKind.DOWN
    return NoticeKind.LAST if outage.notices >= MOST_REMINDERS else NoticeKind.REMINDER


def last_kind(outage: Outage) -> NoticeKind | None:
    query = select(Notice.kind).where(Notice.outage_id == outage.id)
    return db.session.scalar(query.order_by(Notice.number.desc()).limit(1))


def is_unanswered(outage: Outage) -> bool:
    """Open, no one has acknowledged it, and the last notice has been made."""
    is_open = outage.ended_at is None and outage.acknowledged_at is None
    return is_open and outage.notices > 0 and outage.next_notice_at is None


def _is_repeated(outage: Outage) -> bool:
    cause = cause_named(outage.cause)
    return cause is None or cause.affects_visitors
