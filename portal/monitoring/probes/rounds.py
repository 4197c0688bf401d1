"""Measuring beside the worker's loop: a thread for each probe that is due, one at most for each.

A site that hangs delays neither other probes nor the queue: its thread is left alone after its
time-out, which counts as a failure, as does each interval until that thread has ended.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask

from portal.core.clock import now
from portal.core.storage.database import db
from portal.monitoring.probes.measures.finding import Finding
from portal.monitoring.probes.measures.registry import measure, timed_out
from portal.monitoring.probes.plan import Planned

GRACE = 0.5
"""Seconds beyond the time-out that a thread gets to report a time-out of its own."""


@dataclass(frozen=True)
class Measured:
    """One finished measurement. `at` is when it began."""

    key: str
    at: datetime
    milliseconds: int
    finding: Finding


@dataclass
class _Running:
    planned: Planned
    seconds: float
    at: datetime = field(default_factory=now)
    began: float = field(default_factory=time.monotonic)
    found: list[Measured] = field(default_factory=list)

    def done(self, finding: Finding) -> Measured:
        took = round((time.monotonic() - self.began) * 1000)
        return Measured(self.planned.key, self.at, took, finding)

    @property
    def is_overdue(self) -> bool:
        return time.monotonic() - self.began > self.seconds + GRACE


class Measurer:
    """The measurements that run in this process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._running: dict[str, _Running] = {}
        self._hanging: dict[str, threading.Thread] = {}
        self._threads: dict[str, threading.Thread] = {}

    def is_measuring(self, key: str) -> bool:
        """Whether a measurement of it is not reported yet."""
        return key in self._running

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to report."""
        return not self._running

    def begin(self, planned: Planned, seconds: float) -> None:
        """Start a measurement, unless one of this probe is under way."""
        key = planned.key
        if key in self._running:
            return
        run = self._running[key] = _Running(planned, seconds)
        if (hanging := self._hanging.get(key)) and hanging.is_alive():
            run.found.append(run.done(timed_out(planned.kind, seconds)))
            return
        self._hanging.pop(key, None)
        self._threads[key] = threading.Thread(
            target=self._measure, args=(run,), name=f"probe {key}", daemon=True
        )
        self._threads[key].start()

    def finished(self) -> list[Measured]:
        """What was measured since the last call, and what has not answered in its time."""
        found = []
        for key, run in list(self._running.items()):
            if not run.found and run.is_overdue:
                self._hanging[key] = self._threads[key]
                found.append(run.done(timed_out(run.planned.kind, run.seconds)))
            elif run.found:
                found.append(run.found[0])
            else:
                continue
            del self._running[key]
        return found

    def _measure(self, run: _Running) -> None:
        with self._app.app_context():
            try:
                finding = measure(run.planned, run.seconds)
            finally:
                db.session.rollback()
            run.found.append(run.done(finding))


def measure_all(app: Flask, wanted: Iterable[tuple[Planned, float]]) -> list[Measured]:
    """One measurement of each, all at once; returns when the last has ended or timed out."""
    measurer, found = Measurer(app), list[Measured]()
    for planned, seconds in wanted:
        measurer.begin(planned, seconds)
    while not measurer.is_idle:
        time.sleep(0.01)
        found += measurer.finished()
    return found
