"""Sends notices to all addresses at once, each in a thread of its own with a time limit.

An address that hangs delays no other. Its thread is left alone when its time is up: it can't be
ended, but it keeps nothing from going on, and it ends with the process.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from portal.monitoring.notices.addresses import Destination
from portal.monitoring.notices.apprise_address import NOT_TAKEN, load, send
from portal.monitoring.notices.outbox import (
    ClaimedNotice,
    NoticeResult,
    claim_notice,
    conclude_notice,
)
from portal.monitoring.notices.text import NoticeText
from portal.monitoring.outages.models import NoticeState

AT_ONCE = 20
LIMIT = 30.0
"""Seconds for one address."""
TOO_LONG = f"The address did not answer within {LIMIT:.0f} seconds: it may have arrived."
SendEmail = Callable[[Destination, NoticeText], NoticeResult]
Ended = tuple[ClaimedNotice, NoticeResult]

log = logging.getLogger(__name__)


def send_notices(
    notice_ids: Sequence[int], send_email: SendEmail, *, limit: float = LIMIT
) -> Iterator[NoticeResult]:
    """Each result as soon as it is known and recorded. Commits."""
    ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
    running: dict[int, tuple[ClaimedNotice, float]] = {}
    waiting = list(notice_ids)
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            claimed = claim_notice(waiting.pop(0))
            if claimed:
                _prepare(claimed.destination)
                running[claimed.notice_id] = claimed, time.monotonic() + limit
                _start(claimed, send_email, ended)
        for claimed, result in _next(ended, running):
            if running.pop(claimed.notice_id, None):
                conclude_notice(claimed, result)
                yield result


def deliver(destination: Destination, text: NoticeText, send_email: SendEmail) -> NoticeResult:
    """Contact one address. Whatever goes wrong is its result."""
    try:
        if destination.apprise is None:
            return send_email(destination, text)
        if send(destination.apprise, title=text.title, body=text.body):
            return NoticeResult(NoticeState.SENT, "Confirmed.")
        return NoticeResult(NoticeState.FAILED, NOT_TAKEN)
    except Exception as error:  # its message may quote the address
        kind = type(error).__name__
        log.error("A notice to %s failed: %s", destination.name, kind)
        return NoticeResult(NoticeState.UNKNOWN, f"An unexpected error ({kind}).")


def deliver_within(
    destination: Destination, text: NoticeText, send_email: SendEmail, *, limit: float = LIMIT
) -> NoticeResult:
    """Contact one address, and wait no longer than the limit."""
    ended: queue.SimpleQueue[NoticeResult] = queue.SimpleQueue()
    _prepare(destination)

    def run() -> None:
        ended.put(deliver(destination, text, send_email))

    threading.Thread(target=run, name="test notice", daemon=True).start()
    try:
        return ended.get(timeout=limit)
    except queue.Empty:
        return NoticeResult(NoticeState.UNKNOWN, TOO_LONG)


def _prepare(destination: Destination) -> None:
    if destination.apprise is not None:
        load()


def _start(
    claimed: ClaimedNotice, send_email: SendEmail, ended: "queue.SimpleQueue[Ended]"
) -> None:
    def run() -> None:
        ended.put((claimed, deliver(claimed.destination, claimed.text, send_email)))

    threading.Thread(target=run, name=f"notice {claimed.notice_id}", daemon=True).start()


def _next(
    ended: "queue.SimpleQueue[Ended]", running: dict[int, tuple[ClaimedNotice, float]]
) -> Iterator[Ended]:
    """The next that ends, or those whose time is up."""
    if not running:
        return
    first = min(until for _, until in running.values())
    try:
        yield ended.get(timeout=max(first - time.monotonic(), 0))
    except queue.Empty:
        for claimed, until in list(running.values()):
            if until <= time.monotonic():
                yield claimed, NoticeResult(NoticeState.UNKNOWN, TOO_LONG)
