"""Logs a fault at once, then at most once a minute; remembers what failed in this process."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from portal.core.configuration.settings import Settings, state_of_app
from portal.core.errors import PortalError
from portal.core.faults.places import Place, ops_place
from portal.core.faults.sentences import DatabaseFault, fault_of

EACH = 60.0
"""Seconds between two lines for one fault."""
LATELY = 30.0
"""Seconds for which a failure counts, after the last one."""

log = logging.getLogger(__name__)
_is_silenced: ContextVar[bool] = ContextVar("is_silenced", default=False)


@dataclass
class FaultMemory:
    """`speaks`: to the log; `logged`: when each sentence was; `failed`: databases, by their keys,
    and the pages for visitors, with the last time."""

    speaks: bool = False
    logged: dict[str, float] = field(default_factory=dict)
    failed: dict[str, tuple[float, DatabaseFault]] = field(default_factory=dict)
    failed_page: tuple[float, PortalError | None] = float("-inf"), None
    lock: threading.Lock = field(default_factory=threading.Lock)


def speak() -> None:
    """Called by processes that serve pages, with each request, or work; a command says the
    sentence itself."""
    state_of_app(FaultMemory).speaks = True


@contextmanager
def silenced() -> Iterator[None]:
    """For a command, wherever it runs: it says the sentence itself."""
    token = _is_silenced.set(True)
    try:
        yield
    finally:
        _is_silenced.reset(token)


def alarm(fault: PortalError) -> None:
    """Write the sentence into the log, and remember the fault if it is a database's."""
    moment, memory = time.monotonic(), state_of_app(FaultMemory)
    with memory.lock:
        if isinstance(fault, DatabaseFault):
            kept = DatabaseFault(fault.place, fault.cause, (fault.sentence, fault.remedy or ""))
            memory.failed[fault.place.key] = (
                moment,
                kept,
            )  # without a traceback, which keeps connections
        if not memory.speaks or _is_silenced.get():
            return
        if moment - memory.logged.get(fault.sentence, float("-inf")) < EACH:
            return
        if len(memory.logged) > 100:
            memory.logged.clear()
        memory.logged[fault.sentence] = moment
    log.error("%s", fault)


def alarm_about(
    error: BaseException, config: Settings, *, about: Place | None = None
) -> PortalError | None:
    """The fault that the error means, which is logged; None if it is none."""
    fault = fault_of(error, config, about=about)
    if fault is not None:
        alarm(fault)
    return fault


def alarm_about_ops(error: BaseException, config: Settings, what: str) -> None:
    """`what` failed: said in the log if the error is no fault of the control room’s database."""
    if alarm_about(error, config, about=ops_place(config)) is None:
        log.warning("%s: %s", what, type(error).__name__)


def failed_lately(place: Place) -> DatabaseFault | None:
    """The last fault of a database in this process, if it was a short while ago."""
    at, fault = state_of_app(FaultMemory).failed.get(place.key, (float("-inf"), None))
    return fault if time.monotonic() - at < LATELY else None


def note_failed_page(fault: PortalError) -> None:
    """A page for visitors could not be made: `/readyz` says so until a while after the last one."""
    state_of_app(FaultMemory).failed_page = time.monotonic(), PortalError(fault.sentence)


def failed_page() -> PortalError | None:
    at, fault = state_of_app(FaultMemory).failed_page
    return fault if time.monotonic() - at < LATELY else None


def forget_failures() -> None:
    vars(state_of_app(FaultMemory)).update(vars(FaultMemory()))
