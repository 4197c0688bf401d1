"""The cache of one process: a segmented LRU, limited in bytes.

Entries requested once are evicted before those requested again, so that a client that requests
thousands of addresses once does not evict the popular pages.
"""

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from portal.web.kept.answers import Body, Headers, Variant, variant

OVERHEAD = 4096
"""Bytes of an entry besides its body: keys, headers, objects. Measured, with a margin."""
LARGEST_PART = 8
"""An entry may take at most this fraction of the store (1/n)."""
NEW_PART = 4
"""This fraction of the store (1/n) is reserved for entries requested once."""


class Version(Protocol):
    @property
    def key(self) -> Hashable: ...
    @property
    def moved(self) -> Hashable | None: ...


@dataclass(slots=True)
class Kept:
    version: Version
    headers: Headers
    body: Body
    asked_at: float
    longest: float | None
    """The maximum age in seconds, regardless of the version; None for a page that doesn't depend on
    time, whose age only matters after a write."""
    counted: int = 0
    is_asked_again: bool = False
    variants: dict[str, Variant] = field(default_factory=dict)

    def variant(self, encoding: str) -> Variant:
        found = self.variants.get(encoding)
        if found is None:
            found = variant(200, self.headers, self.body, encoding)
            self.variants[encoding] = found
        return found


class Store:
    def __init__(self, most_bytes: int, longest: float) -> None:
        """`longest`: seconds for which a response is served although the data was changed since."""
        self._most = most_bytes
        self._longest = longest
        self._lock = Lock()
        self._once: OrderedDict[Hashable, Kept] = OrderedDict()
        self._again: OrderedDict[Hashable, Kept] = OrderedDict()
        self._bytes = self._bytes_again = 0

    @property
    def bytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._once) + len(self._again)

    def get(self, key: Hashable, version: Version) -> Kept | None:
        with self._lock:
            kept = self._there(key)
            if kept is None:
                return None
            if kept.version.key != version.key or self._is_too_old(kept, version):
                self._drop(key)
                return None
            self._move(key, kept, again=True)
            self._leave_room_for_new()
            return kept

    def put(self, key: Hashable, kept: Kept) -> None:
        """Replaces the entry with this key, and evicts the least recently used ones."""
        with self._lock:
            self._drop(key)
            self._once[key] = kept
            self._count(kept)
            self._make_room()

    def grew(self, key: Hashable, kept: Kept) -> None:
        """Update the size after another encoding was added."""
        with self._lock:
            if self._there(key) is kept:
                self._count(kept)
                self._leave_room_for_new()
                self._make_room()

    def clear(self) -> None:
        with self._lock:
            self._once.clear()
            self._again.clear()
            self._bytes = self._bytes_again = 0

    def _there(self, key: Hashable) -> Kept | None:
        return self._again.get(key) or self._once.get(key)

    def _count(self, kept: Kept) -> None:
        more = kept.body.size + OVERHEAD - kept.counted
        kept.counted += more
        self._bytes += more
        self._bytes_again += more * kept.is_asked_again

    def _move(self, key: Hashable, kept: Kept, *, again: bool) -> None:
        """Move the entry to the most recently used end of its queue."""
        self._drop(key)
        kept.counted, kept.is_asked_again = 0, again
        (self._again if again else self._once)[key] = kept
        self._count(kept)

    def _leave_room_for_new(self) -> None:
        while self._bytes_again > self._most - self._most // NEW_PART:
            key, kept = next(iter(self._again.items()))
            self._move(key, kept, again=False)

    def _make_room(self) -> None:
        while self._bytes > self._most:
            self._drop(next(iter(self._once or self._again)))

    def _drop(self, key: Hashable) -> None:
        kept = self._again.pop(key, None) or self._once.pop(key, None)
        if kept is not None:
            self._bytes -= kept.counted
            self._bytes_again -= kept.counted * kept.is_asked_again

    def fits(self, size: int) -> bool:
        return (size + OVERHEAD) * LARGEST_PART <= self._most

    def _is_too_old(self, kept: Kept, version: Version) -> bool:
        age = time.monotonic() - kept.asked_at
        if kept.longest is not None and age > kept.longest:
            return True
        is_untouched = version.moved is not None and version.moved == kept.version.moved
        return age > self._longest and not is_untouched
