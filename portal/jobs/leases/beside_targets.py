"""A process's leases next to the targets, which stay valid when the ops database is lost.

A dedicated thread renews them, so that an unresponsive ops database delays nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from portal.jobs.leases.places import LeaseStore, LeaseStoreFault

log = logging.getLogger(__name__)

Row = Callable[[], Mapping[str, Any]]


class _Held:
    """The lease at one place: its uuid, when it expires, and the last error."""

    def __init__(self, place: LeaseStore) -> None:
        self.place = place
        self.uuid: str | None = None
        self.valid_until = float("-inf")
        self.fault: str | None = None

    def renew(self, row: Mapping[str, Any], lasts: timedelta) -> None:
        asked = clock()
        try:
            before = self.uuid if self.uuid != row["uuid"] else None
            self.place.renew(row, instead_of=before)
            self.uuid, self.valid_until = str(row["uuid"]), asked + lasts.total_seconds()
            self.place.observe()
        except LeaseStoreFault as fault:
            self._say(str(fault))
        else:
            self._say(None)

    def give_back(self) -> None:
        self.valid_until = float("-inf")
        try:
            if self.uuid:
                self.place.give_back(self.uuid)
        except LeaseStoreFault as fault:
            self._say(str(fault))
        self.place.disconnect()

    def _say(self, fault: str | None) -> None:
        """Log a fault once, not at each renewal, and its end."""
        if fault and fault != self.fault:
            log.warning("The lease beside %s could not be kept: %s", self.place.key, fault)
        elif self.fault and not fault:
            log.info("The lease beside %s is kept again.", self.place.key)
        self.fault = fault


class TargetLeaseHolder:
    """All leases of one process next to targets. `row` describes the process, `lasts` is how long a
    renewal is valid."""

    def __init__(self, row: Row, *, lasts: timedelta) -> None:
        self._row, self._lasts = row, lasts
        self._held: dict[str, _Held] = {}
        self._changing = threading.RLock()
        self._has_ended = False

    @property
    def is_valid(self) -> bool:
        """Whether one of them is valid now, by this process's own clock."""
        return any(clock() < held.valid_until for held in list(self._held.values()))

    @property
    def is_needed(self) -> bool:
        return bool(self._held)

    def faults(self) -> dict[str, str]:
        """Why a place could not be written, by the place's key."""
        return {key: held.fault for key, held in list(self._held.items()) if held.fault}

    def stand_at(self, places: Iterable[LeaseStore]) -> None:
        """Hold leases at exactly these places; writes immediately. Does nothing after `end`, so a
        late thread writes no lease."""
        wanted = {place.key: place for place in places}
        with self._changing:
            if self._has_ended:
                return
            for key in self._held.keys() - wanted.keys():
                self._held.pop(key).give_back()
            new = [_Held(wanted[key]) for key in wanted.keys() - self._held.keys()]
            for held in new:
                held.place.stay_connected()
                held.renew(self._row(), self._lasts)
                self._held[held.place.key] = held

    def renew(self) -> None:
        with self._changing:
            for held in self._held.values():
                held.renew(self._row(), self._lasts)

    def end(self) -> None:
        with self._changing:
            self._has_ended = True
            for held in self._held.values():
                held.give_back()
            self._held = {}


def clock() -> float:
    """Seconds of a clock that runs while the machine sleeps, so that leases expire meanwhile."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
