"""A state that lasts, logged when it begins, once an hour, and when it is over; not each time."""

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from portal.core.durations import duration

HOUR = 3600.0
MOST = 50
"""States that are known at once; more begin again when they are seen again."""
_NUMBERS = re.compile(r"\d+")


@dataclass
class _State:
    sentence: str
    since: float
    last: float
    logged: float
    count: int = 1
    places: set[str] = field(default_factory=set)


class Lasting:
    """The states of one kind in this process. `noun`: what is counted, such as requests.

    `settle`: seconds without another occurrence before a success ends a state; without it a state
    that alternates with successes would be logged each time.
    """

    def __init__(
        self,
        log: logging.Logger,
        *,
        noun: str,
        settle: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._noun, self._settle, self._clock = log, noun, settle, clock
        self._open: dict[str, _State] = {}
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether any state is open."""
        return bool(self._open)

    def note(
        self,
        sentence: str,
        *,
        at: str = "",
        level: int = logging.WARNING,
        error: BaseException | None = None,
    ) -> None:
        """It is so at this place. Sentences that differ in numbers only are one state."""
        moment, key = self._clock(), _NUMBERS.sub("#", sentence)
        with self._lock:
            state = self._open.get(key)
            if state is None:
                if len(self._open) >= MOST:
                    self._open.clear()
                self._open[key] = _State(sentence, moment, moment, moment, places={at})
                self._log.log(level, "%s", sentence, exc_info=error)
                return
            state.count, state.last = state.count + 1, moment
            state.places.add(at)
            if moment - state.logged >= HOUR:
                state.logged = moment
                self._log.log(level, "Still so, %s: %s", self._measured(state, moment), sentence)

    def over(self, at: str = "") -> None:
        """It is not so at this place, which ends the states that were seen there."""
        moment = self._clock()
        with self._lock:
            for key, state in list(self._open.items()):
                if at in state.places and moment - state.last >= self._settle:
                    del self._open[key]
                    said = self._measured(state, moment)
                    self._log.info("Over, %s: %s", said, state.sentence)

    def _measured(self, state: _State, moment: float) -> str:
        noun = self._noun.removesuffix("s") if state.count == 1 else self._noun
        return f"after {duration(moment - state.since)} and {state.count:,} {noun}"
