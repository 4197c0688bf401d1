"""Periodic functions that features register with the worker, called about once a second."""

import logging
import time
from collections.abc import Callable

from portal.core.configuration.settings import settings
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place
from portal.core.faults.unexpected import note_unexpected
from portal.core.storage.database import db
from portal.jobs.worker.health import note_round

Tick = Callable[[], float | None]
"""Returns after how many seconds it is called again, if not after those it is registered with."""

_ticks: dict[Tick, float] = {}
_not_before: dict[Tick, float] = {}

log = logging.getLogger(__name__)


def every(seconds: float) -> Callable[[Tick], Tick]:
    """Register a function that the worker calls at its start, and again after so many seconds.

    It must be quick, commit what it writes, and hold no lock on the ops database afterwards.
    """

    def register(do: Tick) -> Tick:
        _ticks[do] = seconds
        return do

    return register


every_tick = every(0.0)
"""Registers a function that the worker calls about once a second, likewise."""


def run_ticks() -> None:
    """Call each one. An error of one neither ends the worker nor skips the others."""
    failed = 0
    for do, seconds in _ticks.items():
        now = time.monotonic()
        if now < _not_before.get(do, now):
            continue
        _not_before[do] = now + seconds
        try:
            if (other := do()) is not None:
                _not_before[do] = time.monotonic() + other
        except Exception as error:
            failed += 1
            _say(error, do.__name__)
        finally:
            db.session.rollback()
    note_round("ticks", succeeded=not failed)


def _say(error: Exception, name: str) -> None:
    config = settings()
    if alarm_about(error, config, about=ops_place(config)) is None:
        log.exception("The worker could not %s", name.replace("_", " "))
        db.session.rollback()
        note_unexpected(error, f"worker: {name}")
