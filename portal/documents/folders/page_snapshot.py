"""One scan of each folder per request, so that a page shows a consistent state."""

from contextvars import ContextVar
from typing import Any

#: The contents of each folder at its first use; None if every use scans again.
_seen: ContextVar[dict[Any, Any] | None] = ContextVar("seen", default=None)


def begin_look(method: str) -> None:
    """Start a snapshot for a read-only request; a request that writes must see its own changes."""
    _seen.set({} if method in {"GET", "HEAD"} else None)


def end_look() -> None:
    """End the snapshot: later code in this thread scans again."""
    _seen.set(None)


def seen() -> dict[Any, Any] | None:
    return _seen.get()
