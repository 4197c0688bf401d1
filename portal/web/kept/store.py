"""The store of one process: bounded in bytes, what was used last stays longest."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from portal.web.kept.answers import Body, Headers, Variant, variant

OVERHEAD = 4096
"""Bytes of an answer beside its body: keys, headers, objects. Measured, with room."""
LARGEST_PART = 8
"""No answer takes more than this part of the store."""


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
    """Seconds that it may be served for, whatever the version says; None for a page that doesn't
    depend on time, and then they count only when somebody wrote something."""
    counted: int = 0
    variants: dict[str, Variant] = field(default_factory=dict)

    def variant(self, encoding: str) -> Variant:
        found = self.variants.get(encoding)
        if found is None:
            found = variant(200, self.headers, self.body, encoding)
            self.variants[encoding] = found
        return found


class Store:
    def __init__(self, most_bytes: int, longest: float) -> None:
        """`longest`: seconds that an answer is served for where somebody wrote since."""
        self._most = most_bytes
        self._longest = longest
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, version: Version) -> Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            if kept.version.key != version.key or self._is_too_old(kept, version):
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return kept

    def put(self, key: Hashable, kept: Kept) -> None:
        """In place of what was kept there, and of what was used longest ago."""
        with self._lock:
            self._drop(key)
            self._kept[key] = kept
            self._count(kept)
            self._make_room()

    def grew(self, key: Hashable, kept: Kept) -> None:
        """After another encoding of it was made."""
        with self._lock:
            if self._kept.get(key) is kept:
                self._bytes -= kept.counted
                self._count(kept)
                self._make_room()

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _count(self, kept: Kept) -> None:
        kept.counted = kept.body.size + OVERHEAD
        self._bytes += kept.counted

    def _make_room(self) -> None:
        while self._kept and self._bytes > self._most:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= kept.counted

    def fits(self, size: int) -> bool:
        return (size + OVERHEAD) * LARGEST_PART <= self._most

    def _is_too_old(self, kept: Kept, version: Version) -> bool:
        age = time.monotonic() - kept.asked_at
        if kept.longest is not None and age > kept.longest:
            return True
        is_untouched = version.moved is not None and version.moved == kept.version.moved
        return age > self._longest and not is_untouched
