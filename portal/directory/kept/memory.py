"""What this process has read of the directory at one version of its content.

A page that may be kept has asked for the version before anything else (`portal.web.kept`): the
lease, the identity, the revision and maintenance are part of that question. As long as the next
page gets the same version, what an earlier one read is what it would read itself, and it asks
only for the rest. Another version, or one that is too old, begins with nothing.

Only the search of a page uses it; a change, a command and a page of a visitor with a cookie don't.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from portal.core.page import current_page

LONGEST = 60.0
"""Seconds, as for whole pages: for writes past the product that change no version."""
PART = 4
"""The share (1/n) of the bytes for whole pages that may be used beside them."""
ENTRY = 300
"""Bytes of an entry beside what it holds, measured with a margin."""
_KEY = "directory.remembered"
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Version(Protocol):
    """Of the content, as whole pages are kept by: the same `key`, the same content; `moved` is the
    same as long as nothing was written at all, and None where that isn't known."""

    @property
    def key(self) -> Hashable: ...
    @property
    def moved(self) -> Hashable | None: ...


class Recent(Generic[Key, Value]):
    """A cache limited in bytes: of two halves the older one is dropped when the newer is full, and
    what is used again moves to the newer."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._half = most_bytes // 2
        self._new: dict[Key, tuple[Value, int]] = {}
        self._old: dict[Key, tuple[Value, int]] = {}
        self._bytes = 0

    def get(self, key: Key) -> Value | None:
        if found := self._new.get(key):
            return found[0]
        if found := self._old.get(key):
            self.put(key, found[0], found[1])
            return found[0]
        return None

    def put(self, key: Key, value: Value, size: int = 0) -> None:
        more = size + ENTRY
        if more > self._half:
            return
        if self._bytes + more > self._half:
            self._old, self._new, self._bytes = self._new, {}, 0
        self._new[key] = value, size
        self._bytes += more

    def __len__(self) -> int:
        return len(self._new) + len(self._old)


@dataclass
class Remembered:
    """At one version. `is_indexed`: whether the search's index is whole; None if not yet asked.

    `sets_version`: of the index's sets, which are kept by it (`index.sets.keeping`).
    """

    version: Version
    asked_at: float
    most_bytes: int
    is_indexed: bool | None = None
    sets_version: int = 0
    answers: Recent[Hashable, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.answers = Recent(self.half)

    @property
    def half(self) -> int:
        """Bytes for `answers`, and as many for the index's sets."""
        return self.most_bytes // 2


class Memory:
    """One for each process; of one version at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: Remembered | None = None

    def of(self, version: Version, asked_at: float, keep_bytes: int) -> Remembered:
        with self._lock:
            latest = self._latest
            if latest is None or latest.version.key != version.key or _is_too_old(latest, version):
                latest = self._latest = Remembered(version, asked_at, keep_bytes // PART)
            return latest

    def forget(self) -> None:
        with self._lock:
            self._latest = None


memory = Memory()


def _is_too_old(latest: Remembered, version: Version) -> bool:
    is_untouched = version.moved is not None and version.moved == latest.version.moved
    return time.monotonic() - latest.asked_at > LONGEST and not is_untouched


def use(known: Remembered | None) -> None:
    """For the page that has begun; None for none."""
    if page := current_page():
        page.answers[_KEY] = known


def remembered() -> Remembered | None:
    """What earlier pages have read, for a page that has asked for the version."""
    page = current_page()
    found: Remembered | None = page.answers.get(_KEY) if page else None
    return found
