"""Notices as rows: recorded before anything is contacted, claimed once, and concluded.

A notice that may have been sent is never sent again: its state says unknown, and the next one comes
anyway. Every function here commits, and none holds a lock while an address is contacted.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.database import db, update_one
from portal.incidents.live.models import LiveIncident
from portal.jobs.operations.recovery import read_and_release
from portal.monitoring.notices.addresses import (
    Destination,
    addresses_for_notice,
    destination_of,
)
from portal.monitoring.notices.text import NoticeText, notice_text
from portal.monitoring.outages.models import Notice, NoticeAddress, NoticeKind, NoticeState, Outage
from portal.monitoring.outages.schedule import after_notice, is_due, next_kind

WAITS = (timedelta(minutes=1), timedelta(minutes=3))
"""After a failure that is certain: nothing was accepted."""
LOST = "The process that sent it ended in the middle: it may have arrived."
REPLACED = "Not sent: it was out of date."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClaimedNotice:
    """As plain values: reading them takes no lock."""

    notice_id: int
    attempt: int
    destination: Destination
    text: NoticeText


@dataclass(frozen=True)
class NoticeResult:
    """`may_retry`: it is certain that nothing was accepted, and it may work later."""

    state: NoticeState
    answer: str
    may_retry: bool = False


def plan_notices(at: datetime) -> int:
    """Record a notice to each address for each outage of which one is due. How many are due."""
    with read_and_release():
        if not any(is_due(each, at) for each in _with_next()):
            return 0
    count = 0
    for outage in _with_next():
        if is_due(outage, at):
            count += _plan(outage, at)
    db.session.commit()
    return count


def waiting_notices() -> list[int]:
    """The ids of those that can be sent now, the oldest first."""
    is_now = or_(Notice.next_attempt_at.is_(None), Notice.next_attempt_at <= now())
    query = select(Notice.id).where(Notice.state == NoticeState.WAITING, is_now)
    return list(db.session.scalars(query.order_by(Notice.id)))


def sending_notices() -> list[int]:
    return list(db.session.scalars(select(Notice.id).where(Notice.state == NoticeState.SENDING)))


def claim_notice(notice_id: int) -> ClaimedNotice | None:
    """Claim it for this process; None if another one did, or if it need not be sent any more."""
    values = {
        "state": NoticeState.SENDING,
        "attempts": Notice.attempts + 1,
        "next_attempt_at": None,
    }
    is_it = Notice.id == notice_id, Notice.state == NoticeState.WAITING
    if not update_one(Notice, *is_it, values=values):
        db.session.rollback()
        return None
    notice = db.session.get_one(Notice, notice_id, populate_existing=True)
    outage = db.session.get_one(Outage, notice.outage_id)
    address = db.session.get_one(NoticeAddress, notice.address_id)
    try:
        if _is_out_of_date(notice, outage):
            raise Conflict(REPLACED)
        claimed = ClaimedNotice(
            notice.id, notice.attempts, destination_of(address), _text(notice, outage)
        )
    except Conflict as error:
        notice.state, notice.answer, notice.ended_at = NoticeState.FAILED, str(error), now()
        db.session.commit()
        return None
    db.session.commit()
    return claimed


def conclude_notice(claimed: ClaimedNotice, result: NoticeResult) -> None:
    """Record how it ended; one that was taken for lost meanwhile becomes certain."""
    wait = dict(enumerate(WAITS, start=1)).get(claimed.attempt) if result.may_retry else None
    state = NoticeState.WAITING if wait else result.state
    update_one(
        Notice,
        Notice.id == claimed.notice_id,
        Notice.attempts == claimed.attempt,
        Notice.state.in_((NoticeState.SENDING, NoticeState.UNKNOWN)),
        values={
            "state": state,
            "answer": result.answer,
            "ended_at": None if wait else now(),
            "next_attempt_at": now() + wait if wait else None,
        },
    )
    db.session.commit()


def settle_lost(notice_ids: Iterable[int]) -> None:
    """Their process has ended. They are not sent again: the outcome is unknown."""
    db.session.execute(
        update(Notice)
        .where(Notice.id.in_(list(notice_ids)), Notice.state == NoticeState.SENDING)
        .values(state=NoticeState.UNKNOWN, answer=LOST, ended_at=now())
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _with_next() -> list[Outage]:
    query = select(Outage).where(Outage.next_notice_at.isnot(None)).order_by(Outage.id)
    return list(db.session.scalars(query))


def _plan(outage: Outage, at: datetime) -> int:
    kind, addresses = next_kind(outage), addresses_for_notice()
    if not addresses:
        log.error("Outage %s: there is no one to notify, neither address nor staff.", outage.id)
    outage.notices += 1
    db.session.add_all(
        Notice(outage_id=outage.id, address_id=each.id, number=outage.notices, kind=kind)
        for each in addresses
    )
    after_notice(outage, kind, at)
    return len(addresses)


def _is_out_of_date(notice: Notice, outage: Outage) -> bool:
    """A newer one was made, or it asks for what has been done."""
    if notice.number < outage.notices:
        return True
    if notice.kind is NoticeKind.UP:
        return outage.ended_at is None
    is_over = outage.ended_at is not None or outage.acknowledged_at is not None
    return is_over and notice.kind in (NoticeKind.REMINDER, NoticeKind.LAST)


def _text(notice: Notice, outage: Outage) -> NoticeText:
    draft = db.session.get(LiveIncident, outage.incident_id) if outage.incident_id else None
    return notice_text(outage, draft, notice.kind, notice.number, now())
