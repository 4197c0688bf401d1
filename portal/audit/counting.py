"""Refusals of visitors without a login: counted by minute and door, instead of one entry each.

This prevents outsiders from flooding the log, which is locked for each entry. A process counts in
memory and writes at most once a second; when a minute is over, its count becomes one entry.
"""

from collections import Counter
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.audit.actor import VISITOR
from portal.audit.models import Outcome, RefusalCount
from portal.audit.service import append
from portal.core.clock import now
from portal.core.storage.database import own_ops_transaction

PAUSE = timedelta(seconds=1)


class _Pending:
    """What this process has counted and not written yet."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.counts: Counter[tuple[datetime, str]] = Counter()
        self.written_at: datetime | None = None

    def add(self, door: str, at: datetime) -> bool:
        """Count one; returns True when it is time to write."""
        with self.lock:
            self.counts[at.replace(second=0, microsecond=0), door] += 1
            return self.written_at is None or not self.written_at <= at < self.written_at + PAUSE

    def take(self, at: datetime) -> Counter[tuple[datetime, str]]:
        with self.lock:
            self.written_at = at
            counts, self.counts = self.counts, Counter()
            return counts


_pending = _Pending()


def count_refusal(door: str, *, at_once: bool = False) -> None:
    """Count a refusal at this door. Don't call it in a writing transaction.

    `at_once` writes it immediately: for doors that are throttled anyway.
    """
    if _pending.add(door, now()) or at_once:
        write_counts()


def write_counts() -> None:
    """Write the counts, and turn completed minutes into entries of the log."""
    at = now()
    with own_ops_transaction() as session:
        for (minute, door), count in _pending.take(at).items():
            _add(session, minute, door, count)
        session.flush()
        _enter_whole_minutes(session, at)


def _add(session: Session, minute: datetime, door: str, count: int) -> None:
    found = session.execute(
        update(RefusalCount)
        .where(RefusalCount.minute == minute, RefusalCount.door == door)
        .values(count=RefusalCount.count + count)
        .returning(RefusalCount.count)
    ).first()
    if found is None:
        session.add(RefusalCount(minute=minute, door=door, count=count))


def _enter_whole_minutes(session: Session, at: datetime) -> None:
    over = RefusalCount.minute <= at - timedelta(minutes=1)
    rows = session.scalars(select(RefusalCount).where(over).order_by(RefusalCount.minute)).all()
    for row in rows:
        append(
            session,
            "refusals.counted",
            by=VISITOR,
            outcome=Outcome.REFUSED,
            target=row.door,
            details={"minute": row.minute, "count": row.count},
        )
    if rows:
        session.execute(delete(RefusalCount).where(over))
