"""Deliveries as rows in ops: recorded before the network is used, claimed once, and concluded.

An attempt whose end is unknown may have arrived. A second copy of a link or of news about one's
own account does no harm, so that is sent once more; a message between people is not. Every
function here commits.
"""

import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.storage.database import db, update_one
from portal.directory.unattended.letters import StoredLetter
from portal.directory.users.ended import LetterSending
from portal.directory.users.letters import LetterKind
from portal.emails.delivery.sending import AttemptResult
from portal.emails.models import AttemptOutcome
from portal.jobs.leases.holder import leased, live_leases
from portal.jobs.operations.lifecycle import is_gone
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.processes import process_identity, this_host

WAITS = tuple(timedelta(seconds=seconds) for seconds in (20, 60, 300, 900, 3600, 7200, 14400))
"""After a failure that is certain; the last repeats until the email expires. A person waits for the
first ones."""
AFTER_DOUBT = timedelta(minutes=1)
NEVER_TWICE = frozenset({LetterKind.MESSAGE, LetterKind.REPLY})
LOST = "Sending was cut off in the middle; the mail server may have taken it."
EXPIRED = "It expired before it could be sent."
GONE = "It was deleted with what it was about."
LONGEST = 300
ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


@dataclass(frozen=True)
class Standing:
    """The state of letters: which can be sent now, which are settled, and whose process is gone."""

    due: list[str]
    settled: list[str]
    lost: list[tuple[str, int]]


def standing_of(uuids: Sequence[str], *, is_busy: bool = False) -> Standing:
    """In the order given. `is_busy`: this process sends, so its own attempts are not lost."""
    at = now()
    with read_and_release():
        query = select(LetterSending).where(LetterSending.uuid.in_(uuids))
        rows = {row.uuid: row for row in db.session.scalars(query)}
        return Standing(
            due=[each for each in uuids if each not in rows or _is_due(rows[each], at)],
            settled=[each for each in uuids if each in rows and rows[each].finished_at],
            lost=_lost(rows.values(), is_busy=is_busy),
        )


def _lost(rows: Iterable[LetterSending], *, is_busy: bool) -> list[tuple[str, int]]:
    under_way = [each for each in rows if is_under_way(each)]
    live = {lease.uuid for lease in live_leases()} if under_way else set()
    return [
        (each.uuid, each.attempts)
        for each in under_way
        if (_is_own(each) and not is_busy) or is_gone(each, live=live)
    ]


def note_letters(found: Sequence[StoredLetter]) -> None:
    """A row for each that has none: from now on, ops knows that it waits."""
    try:
        _add_missing(found)
    except IntegrityError:  # another worker was faster
        db.session.rollback()
        _add_missing(found)


def claim_letter(uuid: str) -> int | None:
    """The number of the attempt that begins; None if it is not due, or another process has it."""
    at = now()
    with leased() as lease:
        is_claimed = update_one(
            LetterSending,
            LetterSending.uuid == uuid,
            LetterSending.finished_at.is_(None),
            LetterSending.next_attempt_at <= at,
            values={
                "attempts": LetterSending.attempts + 1,
                "attempted_at": at,
                "next_attempt_at": None,
                "host": this_host(),
                "process": process_identity(os.getpid()),
                "lease": lease.uuid,
            },
        )
        query = select(LetterSending.attempts).where(LetterSending.uuid == uuid)
        number = db.session.scalar(query) if is_claimed else None
        db.session.commit()
    return number


def conclude_letter(
    uuid: str, number: int, ending: AttemptResult, *, expires_at: datetime | None = None
) -> None:
    """Record how the attempt ended. One that was taken for lost meanwhile becomes certain."""
    query = select(LetterSending).where(LetterSending.uuid == uuid).with_for_update()
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None or row.finished_at or row.attempts != number:
        db.session.rollback()
        return
    if ending.outcome is AttemptOutcome.SENT:
        _end(row, None)
    else:
        row.why_not = without_addresses(ending.answer)
        again = _next(row, ending.outcome)
        if again is None or (expires_at and again >= expires_at):
            _end(row, row.why_not)
        else:
            row.next_attempt_at = again
    db.session.commit()


def settle_lost(lost: Sequence[tuple[str, int]]) -> None:
    """Their processes have ended in the middle: the outcome is unknown."""
    for uuid, number in lost:
        conclude_letter(uuid, number, AttemptResult(AttemptOutcome.UNKNOWN, LOST))


def end_unsent(uuid: str, why: str) -> None:
    """It will not be sent, and no attempt is under way."""
    update_one(
        LetterSending,
        LetterSending.uuid == uuid,
        LetterSending.finished_at.is_(None),
        LetterSending.next_attempt_at.isnot(None),
        values={"finished_at": now(), "next_attempt_at": None, "why_not": without_addresses(why)},
    )
    db.session.commit()


def is_under_way(row: LetterSending) -> bool:
    return row.attempts > 0 and row.finished_at is None and row.next_attempt_at is None


def without_addresses(answer: str) -> str:
    """A mail server’s answer names the recipient, whom ops does not know."""
    return ADDRESS.sub("…", answer)[:LONGEST]


def _is_due(row: LetterSending, at: datetime) -> bool:
    return row.next_attempt_at is not None and row.next_attempt_at <= at


def _is_own(row: LetterSending) -> bool:
    return row.host == this_host() and row.process == process_identity(os.getpid())


def _add_missing(found: Collection[StoredLetter]) -> None:
    uuids = [each.uuid for each in found]
    query = select(LetterSending.uuid).where(LetterSending.uuid.in_(uuids))
    known = set(db.session.scalars(query))
    db.session.add_all(
        LetterSending(
            uuid=each.uuid,
            database_uuid=each.database_uuid,
            kind=each.kind,
            queued_at=each.created_at,
            next_attempt_at=now(),
        )
        for each in found
        if each.uuid not in known
    )
    db.session.commit()


def _next(row: LetterSending, outcome: AttemptOutcome) -> datetime | None:
    """When it is tried again; None if it is not."""
    if outcome is AttemptOutcome.POSTPONED:
        return now() + WAITS[min(row.attempts, len(WAITS)) - 1]
    if outcome is AttemptOutcome.UNKNOWN:
        row.doubts += 1
        if row.doubts == 1 and row.kind not in NEVER_TWICE:
            return now() + AFTER_DOUBT
    return None


def _end(row: LetterSending, why_not: str | None) -> None:
    row.finished_at, row.next_attempt_at = now(), None
    row.is_sent, row.why_not = why_not is None, why_not
