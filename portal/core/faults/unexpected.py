"""Errors that no code expected, passed on to who counts them.

Whatever a listener does, it must not fail, wait, or write in the caller's transaction.
"""

import logging
from collections.abc import Callable

Listener = Callable[[BaseException, str | None], None]
"""Called with the error, and a route or what was carried out."""

_listeners: list[Listener] = []
_finishes: list[Callable[[], None]] = []

log = logging.getLogger(__name__)


def on_unexpected(listener: Listener) -> Listener:
    """Register a listener, when its module is imported."""
    _listeners.append(listener)
    return listener


def on_process_end(finish: Callable[[], None]) -> Callable[[], None]:
    """Register what writes the rest before a short process ends."""
    _finishes.append(finish)
    return finish


def finish_noting() -> None:
    """Called by a process that ends: waits a moment for what was noted to be written."""
    for finish in _finishes:
        finish()


def note_unexpected(error: BaseException, where: str | None) -> None:
    """An error that nothing handled. A failing listener is logged, and changes nothing."""
    for listener in _listeners:
        try:
            listener(error, where)
        except Exception as failure:
            log.error("An error was not counted: %s", type(failure).__name__)
