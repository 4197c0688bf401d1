"""Whether the worker works: its last round over the ticks and its last one over the queue."""

import time
from collections.abc import Callable, Sequence

LONGEST = 30.0
"""Seconds after which a round is no evidence any more."""

_rounds: dict[str, tuple[float, bool]] = {}
_consumers: list[Callable[[], bool]] = []


def note_round(what: str, *, succeeded: bool) -> None:
    _rounds[what] = time.monotonic(), succeeded


def watch_consumers(are_alive: Sequence[Callable[[], bool]]) -> None:
    """Each says whether its threads still take operations from the queue."""
    _consumers[:] = are_alive


def is_working() -> bool:
    """Both rounds are recent and succeeded, and the queue is consumed; false if never noted."""
    recent = time.monotonic() - LONGEST
    noted = [_rounds.get(what) for what in ("ticks", "queue")]
    if not all(each and each[1] and each[0] >= recent for each in noted):
        return False
    return bool(_consumers) and all(is_alive() for is_alive in _consumers)
