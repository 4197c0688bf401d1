"""Requests a preview: waits briefly, then returns a ticket to poll."""

import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

from portal.core.configuration.settings import settings
from portal.core.errors import NotFound, Unavailable
from portal.documents.drafting.state import Seen, Sheet, seat_named
from portal.documents.previews.looks import known_json, look_from, reader_json
from portal.documents.previews.making import makers
from portal.documents.previews.tickets import FOLDER, GONE, Holder, Ticket, new_ticket, ticket_of
from portal.documents.writing import Preview, Seat, Writing

_log = logging.getLogger(__name__)
#: Seconds that a request waits for a preview, and how many web threads may wait at once.
WAIT, WAITERS = 0.15, 2
#: Seconds after which another process takes over a preview, and after which it fails.
LOST, GIVEN_UP = 30.0, 90.0
_waiters = threading.BoundedSemaphore(WAITERS)
_under_way: dict[str, "Future[dict[str, Any]]"] = {}


def request_preview(writing: Writing, sheet: Sheet, seats: list[Seat], holder: Holder) -> Seen:
    """The preview for one reader with its problems, or a ticket for it."""
    try:
        future = _asked(writing, sheet, seats, holder)
        made = _result_if_ready(future)
        if made is not None:
            return Seen(*look_from(made))
        ticket = new_ticket(_folder(), {"kind": writing.kind, "sheet": asdict(sheet)}, holder)
    except Unavailable as error:
        return Seen(Preview("", failed=str(error)))
    _keep(ticket, future)
    return Seen(key=ticket.key)


def preview_of_ticket(
    writing: Writing, key: str, seats: list[Seat], holder: Holder
) -> tuple[Sheet, Seen]:
    """The text of a ticket and the state of its preview. Raises NotFound for an unknown ticket."""
    ticket = ticket_of(_folder(), key, holder)
    sheet = Sheet(**ticket.asked["sheet"])
    if ticket.asked["kind"] != writing.kind:
        raise NotFound(GONE)
    if (made := ticket.made) is not None:
        return sheet, Seen(*look_from(made))
    if key not in _under_way and time.time() - ticket.claimed > LOST:
        return sheet, _take_over(writing, ticket, sheet, seats, holder)
    return sheet, Seen(key=key)


def _take_over(
    writing: Writing, ticket: Ticket, sheet: Sheet, seats: list[Seat], holder: Holder
) -> Seen:
    """Make the preview here: the process that was to make it has stopped."""
    if time.time() - ticket.since > GIVEN_UP:
        return Seen(Preview("", failed="The preview was not made. Ask for it again."))
    ticket.claim()
    _log.warning("A preview that another process did not finish is made again.")
    try:
        _keep(ticket, _asked(writing, sheet, seats, holder))
    except Unavailable as error:
        return Seen(Preview("", failed=str(error)))
    return Seen(key=ticket.key)


def _asked(
    writing: Writing, sheet: Sheet, seats: list[Seat], holder: Holder
) -> "Future[dict[str, Any]]":
    here, look = settings(), writing.look
    asked = {
        "look": f"{look.__module__}:{look.__qualname__}",
        "text": sheet.text,
        "slug": sheet.slug or "new",
        "reader": reader_json(seat_named(seats, sheet.seat).reader),
        "known": known_json(writing.known(sheet.slug, sheet.text)),
        "data": str(here.data),
        "incidents_dir": str(here.incidents_dir),
    }
    return makers.ask(asked, person=holder.account, page=sheet.page)


def _result_if_ready(future: "Future[dict[str, Any]]") -> dict[str, Any] | None:
    """The result if it is ready within WAIT seconds; no wait if others are waiting already."""
    is_first = _waiters.acquire(blocking=False)
    try:
        return future.result(timeout=WAIT if is_first else 0)
    except TimeoutError:
        return None
    finally:
        if is_first:
            _waiters.release()


def _keep(ticket: Ticket, future: "Future[dict[str, Any]]") -> None:
    _under_way[ticket.key] = future
    future.add_done_callback(lambda made: _put(ticket, made.result()))


def _put(ticket: Ticket, made: dict[str, Any]) -> None:
    try:
        ticket.put(made)
    except OSError as error:
        _log.warning("A preview that was made can't be kept: %s", error.strerror)
    finally:
        _under_way.pop(ticket.key, None)


def _folder() -> Path:
    return settings().data / FOLDER
