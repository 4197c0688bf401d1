"""Counts unhandled errors, in memory first: a thread of its own writes them a moment later.

So an answer waits for nothing, and a database that can't be written costs no page. What can't be
written, or comes too fast, is dropped and counted as dropped.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.clock import now
from portal.core.faults.unexpected import on_process_end, on_unexpected
from portal.core.logs.labels import current_labels
from portal.core.storage.database import own_ops_transaction
from portal.jobs.release import release_name
from portal.monitoring.errors.models import ErrorGroup, ErrorOccurrence
from portal.monitoring.errors.place import Fault, fault_of
from portal.monitoring.errors.sentry import finish as finish_handing_on
from portal.monitoring.errors.sentry import hand_on

KEPT = 50
"""The latest of a group."""
MOST_A_SECOND = 5
MOST_WAITING = 100
LONGEST_WHERE = 200
DROPPED = Fault("dropped", "")
"""The group that counts errors of which nothing else is known."""
LAST_CHANCE = 2.0
"""Seconds that a process which ends waits for its errors to be written."""
InContext = Callable[[], AbstractContextManager[object]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """One error. `where` is a route or what was carried out."""

    fault: Fault
    at: datetime
    request_id: str | None
    where: str | None


class Counter:
    """The errors of this process that are not written yet. A forked process begins with none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._waiting: deque[Seen] = deque()
        self._dropped = 0
        self._second, self._in_second = 0, 0
        self._thread: threading.Thread | None = None

    def note(self, seen: Seen, in_context: InContext) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._begin()
            if self._is_too_much():
                self._dropped += 1
            else:
                self._waiting.append(seen)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._write_all, args=(in_context,), name="errors", daemon=True
                )
                self._thread.start()

    def finish(self, seconds: float = LAST_CHANCE) -> None:
        """Wait until they are written, but no longer than this."""
        thread = self._thread
        if thread is not None and self._pid == os.getpid():
            thread.join(seconds)

    def _is_too_much(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second > MOST_A_SECOND or len(self._waiting) >= MOST_WAITING

    def _taken(self) -> tuple[list[Seen], int] | None:
        """None ends the thread: the next error starts another."""
        with self._lock:
            if not self._waiting and not self._dropped:
                self._thread = None
                return None
            taken, dropped = list(self._waiting), self._dropped
            self._waiting.clear()
            self._dropped = 0
            return taken, dropped

    def _write_all(self, in_context: InContext) -> None:
        while found := self._taken():
            try:
                with in_context():
                    write(*found)
            except Exception as error:
                self._keep_count(len(found[0]) + found[1])
                log.warning("Errors could not be counted: %s", type(error).__name__)
                return

    def _keep_count(self, number: int) -> None:
        """Written as dropped with the next error."""
        with self._lock:
            self._dropped += number
            self._thread = None


counter = Counter()


@on_unexpected
def count(error: BaseException, where: str | None) -> None:
    """Called where an error ends a request, an operation or a round of the worker."""
    labels = current_labels()
    seen = Seen(fault_of(error), now(), labels.request, where[:LONGEST_WHERE] if where else None)
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    counter.note(seen, application.app_context)
    hand_on(error, seen.where, seen.request_id)


@on_process_end
def finish() -> None:
    counter.finish()
    finish_handing_on()


def write(seen: list[Seen], dropped: int = 0) -> None:
    """In one short transaction on ops."""
    with own_ops_transaction() as session:
        groups = set()
        for each in seen:
            group = _group(session, each.fault, each.at)
            group.count += 1
            group.last_at = max(group.last_at, each.at)
            session.add(
                ErrorOccurrence(
                    group_id=group.id, at=each.at, request_id=each.request_id, where=each.where
                )
            )
            groups.add(group.id)
        session.flush()
        for group_id in sorted(groups):
            _forget_older(session, group_id)
        if dropped:
            group = _group(session, DROPPED, now())
            group.count, group.last_at = group.count + dropped, now()


def _group(session: Session, fault: Fault, at: datetime) -> ErrorGroup:
    found = session.scalar(
        select(ErrorGroup).where(
            ErrorGroup.release == release_name(),
            ErrorGroup.kind == fault.kind,
            ErrorGroup.place == fault.place,
        )
    )
    if found is None:
        found = ErrorGroup(
            release=release_name(),
            kind=fault.kind,
            place=fault.place,
            count=0,
            first_at=at,
            last_at=at,
        )
        session.add(found)
        session.flush()
    return found


def _forget_older(session: Session, group_id: int) -> None:
    of_group = ErrorOccurrence.group_id == group_id
    latest = select(ErrorOccurrence.id).where(of_group).order_by(ErrorOccurrence.id.desc())
    first = session.scalar(latest.offset(KEPT - 1).limit(1))
    if first is not None:
        session.execute(delete(ErrorOccurrence).where(of_group, ErrorOccurrence.id < first))
