"""What a process has read last for each page, for the time in which it can't be read again.

One thread reads at a time; the others wait a moment, then show what is known. After a failure
no thread asks the database again for a moment, so that a crowd doesn't wait for it in turn.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from portal.core.clock import now
from portal.core.errors import NotFound

PATIENCE = 1.0
"""Seconds to wait for another thread that reads the same."""
PAUSE = 2.0
"""Seconds after a failure until the database is asked again."""
MOST = 64

Facts = TypeVar("Facts")


@dataclass(frozen=True)
class Known(Generic[Facts]):
    """`is_current`: read for this request, or so recently that nothing can have changed since."""

    facts: Facts
    read_at: datetime
    is_current: bool = True


@dataclass(frozen=True)
class _Kept(Generic[Facts]):
    facts: Facts
    read_at: datetime
    version: Hashable | None
    until: float


class LastKnown(Generic[Facts]):
    """`fails`: the errors that mean that it can't be read."""

    def __init__(
        self, fails: tuple[type[Exception], ...], failed: Callable[[Exception], None]
    ) -> None:
        self._fails, self._failed = fails, failed
        self._kept: OrderedDict[Hashable, _Kept[Facts]] = OrderedDict()
        self._lock, self._reading = Lock(), Lock()
        self._not_before = float("-inf")
        self._reads_since = float("inf")

    def get(
        self,
        key: Hashable,
        read: Callable[[], Facts],
        *,
        version: Hashable | None,
        seconds: Callable[[Facts], float],
    ) -> Known[Facts] | None:
        """What is known for this page; None if nothing is. Raises NotFound, as `read` does.

        `seconds` is how long the facts of a version are good for at most.
        """
        if found := self._current(key, version):
            return found
        if time.monotonic() < self._not_before or not self._reading.acquire(timeout=self._wait()):
            return self._last(key)
        try:
            self._reads_since = time.monotonic()
            return self._current(key, version) or self._read(key, read, version, seconds)
        finally:
            self._reads_since = float("inf")
            self._reading.release()

    def _wait(self) -> float:
        """Nothing for a thread that reads longer than others have to wait."""
        return max(0.0, min(PATIENCE, self._reads_since + PATIENCE - time.monotonic()))

    def _read(
        self,
        key: Hashable,
        read: Callable[[], Facts],
        version: Hashable | None,
        seconds: Callable[[Facts], float],
    ) -> Known[Facts] | None:
        if time.monotonic() < self._not_before:  # failed while this thread waited
            return self._last(key)
        asked_at, at = time.monotonic(), now()
        try:
            facts = read()
        except NotFound:
            self._forget(key)
            raise
        except self._fails as error:
            self._not_before = time.monotonic() + PAUSE
            self._failed(error)
            return self._last(key)
        with self._lock:
            self._kept[key] = _Kept(facts, at, version, asked_at + seconds(facts))
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return Known(facts, at)

    def _current(self, key: Hashable, version: Hashable | None) -> Known[Facts] | None:
        kept = self._kept.get(key)
        if kept is None or version is None or kept.version != version:
            return None
        return Known(kept.facts, kept.read_at) if time.monotonic() < kept.until else None

    def _last(self, key: Hashable) -> Known[Facts] | None:
        kept = self._kept.get(key)
        return Known(kept.facts, kept.read_at, is_current=False) if kept else None

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            self._kept.pop(key, None)
