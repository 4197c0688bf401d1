"""One look at each folder for one page: what it shows comes from one moment, and from one walk."""

from contextvars import ContextVar
from typing import Any

#: What each folder held when it was first asked; None where everybody looks anew.
_seen: ContextVar[dict[Any, Any] | None] = ContextVar("seen", default=None)


def begin_look(method: str) -> None:
    """For a request that only reads: one that writes must see what it has written."""
    _seen.set({} if method in {"GET", "HEAD"} else None)


def end_look() -> None:
    """Whatever comes after the page in this thread looks anew."""
    _seen.set(None)


def seen() -> dict[Any, Any] | None:
    return _seen.get()
