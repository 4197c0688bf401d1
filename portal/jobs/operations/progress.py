"""Output of a running operation, visible live.

Lines are written in short transactions outside of the session, so that they are visible while the
job's own transaction is still open. If the job itself holds the lock of the ops database, that
would deadlock: then lines are buffered and written, in order, as soon as the lock is free.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError
from portal.core.storage.database import db, reading
from portal.jobs.connection import ops_engine
from portal.jobs.leases.holder import holds_lease
from portal.jobs.models import LineKind, Operation, OperationLine
from portal.jobs.processes import parent_is

PATIENCE = 0.2
RETRY_SECONDS = 0.5
ADVANCE_SECONDS = 0.25

Line = dict[str, Any]
Listener = Callable[[LineKind, str, float | None], None]


class Interrupted(PortalError):
    """This process must stop, and must not commit its work."""

    heading = "Interrupted"


class Stopped(Interrupted):
    """A person requested that the operation stops."""

    heading = "Stopped"


class Progress:
    """Passed to a job: output, named steps, a progress bar, and the check before COMMIT."""

    def __init__(
        self, operation: Operation, *, worker: int | None = None, listener: Listener | None = None
    ) -> None:
        self._operation_id = operation.id
        self._worker = worker
        self._lease = operation.lease
        self._listener = listener
        self._engine = ops_engine(settings().ops_url, patience=PATIENCE)
        self._seq = 0
        self._unsent: list[Line] = []
        self._counted: Line = {}
        self._blocked_until = self._advanced_at = float("-inf")
        self._is_full = self._told_to_end = False

    def say(self, text: str) -> None:
        """Add a line to the output."""
        self._add(LineKind.TEXT, text)

    def step(self, title: str) -> AbstractContextManager[None]:
        """A named part of the work; its duration and a failure are shown."""
        return self._step(title)

    def advance(self, done: int, total: int, label: str = "") -> None:
        """Move the progress bar. May be called for each row: it writes at most four times a second,
        and when the bar becomes full.

        A `total` of 0 means that the amount is unknown.
        """
        self._counted = {"done": done, "total": total, "label": label}
        was_full, self._is_full = self._is_full, 0 < total <= done
        is_last = self._is_full and not was_full  # calls with a full bar are throttled
        if is_last or time.monotonic() - self._advanced_at >= ADVANCE_SECONDS:
            self._advanced_at = time.monotonic()
            self._send()

    def check_alive(self) -> None:
        """Call this immediately before COMMIT, and between parts of long work.

        Raises Stopped when a stop was requested, and Interrupted when the worker that started it is
        gone, or the lease expired or was ended: the release gate may count it as dead.
        """
        if self._worker is not None and not parent_is(self._worker):
            raise Interrupted("The worker that started this is gone.")
        if not holds_lease(self._lease):
            raise Interrupted("The control room's database has not answered for too long.")
        if self._told_to_end:
            raise Stopped("The worker was asked to end.")
        if by := self._stop_requested_by():
            raise Stopped(f"Stopped by {by}.")

    def end_on(self, signum: int) -> None:
        """On this signal, end the job at its next `check_alive` instead of immediately."""
        signal.signal(signum, lambda _number, _frame: setattr(self, "_told_to_end", True))

    def unsent(self) -> list[Line]:
        """The lines that could not be written yet; they are written when the end is recorded."""
        return self._unsent

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        self._add(LineKind.STEP, title)
        began = time.monotonic()
        try:
            yield
        except BaseException:
            self._add(LineKind.STEP_FAILED, title, time.monotonic() - began)
            raise
        self._add(LineKind.STEP_DONE, title, time.monotonic() - began)

    def _add(self, kind: LineKind, text: str, seconds: float | None = None) -> None:
        self._seq += 1
        self._unsent.append(self._line(kind, text, seconds, now()))
        if self._listener:
            self._listener(kind, text, seconds)
        self._send()

    def _line(self, kind: LineKind, text: str, seconds: float | None, at: datetime) -> Line:
        return {
            "operation_id": self._operation_id,
            "seq": self._seq,
            "at": at,
            "kind": kind,
            "text": text,
            "seconds": seconds,
        }

    def _send(self) -> None:
        """Write all unsent lines in one transaction, or keep them for a later attempt."""
        if time.monotonic() < self._blocked_until:
            return
        try:
            self._write()
        except OperationalError:
            self._blocked_until = time.monotonic() + RETRY_SECONDS
            return
        self._unsent, self._counted = [], {}

    def _write(self) -> None:
        if not (self._unsent or self._counted):
            return
        with self._engine.begin() as connection:
            if self._unsent:
                connection.execute(insert(OperationLine), self._unsent)
            if self._counted:
                this = Operation.id == self._operation_id
                connection.execute(update(Operation).where(this).values(**self._counted))

    def _stop_requested_by(self) -> str | None:
        query = select(Operation.stop_requested_by).where(
            Operation.id == self._operation_id, Operation.stop_requested_at.is_not(None)
        )
        try:
            with reading(), db.engines["ops"].connect() as connection:
                return connection.execute(query).scalar_one_or_none()
        except OperationalError:
            return None  # Without an answer, assume no request; the lease decides.


class Quiet(Progress):
    """Discards everything: for work without an operation."""

    def __init__(self) -> None:
        """No operation to write to."""

    def advance(self, done: int, total: int, label: str = "") -> None:
        """Discarded."""

    def check_alive(self) -> None:
        """Never raises: it cannot be stopped."""

    def _add(self, kind: LineKind, text: str, seconds: float | None = None) -> None:
        """Discarded."""
