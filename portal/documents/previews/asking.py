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
from portal.documents.drafting.state import EditedText, PreviewState, viewpoint_named
from portal.documents.previews.making import makers
from portal.documents.previews.serialisation import known_json, reader_json, result_from
from portal.documents.previews.tickets import FOLDER, GONE, Holder, Ticket, new_ticket, ticket_of
from portal.documents.writing import EditableKind, Preview, Viewpoint

_log = logging.getLogger(__name__)
#: Seconds that a request waits for a preview, and how many web threads may wait at once.
WAIT, WAITERS = 0.15, 2
#: Seconds after which another process takes over a preview, and after which it fails.
LOST, GIVEN_UP = 30.0, 90.0
_waiters = threading.BoundedSemaphore(WAITERS)
_under_way: dict[str, "Future[dict[str, Any]]"] = {}


def request_preview(
    writing: EditableKind, edited: EditedText, viewpoints: list[Viewpoint], holder: Holder
) -> PreviewState:
    """The preview for one reader with its problems, or a ticket for it."""
    try:
        future = _asked(writing, edited, viewpoints, holder)
        made = _result_if_ready(future)
        if made is not None:
            return PreviewState(*result_from(made))
        ticket = new_ticket(_folder(), {"kind": writing.kind, "sheet": asdict(edited)}, holder)
    except Unavailable as error:
        return PreviewState(Preview("", failed=str(error)))
    _keep(ticket, future)
    return PreviewState(key=ticket.key)


def preview_of_ticket(
    writing: EditableKind, key: str, viewpoints: list[Viewpoint], holder: Holder
) -> tuple[EditedText, PreviewState]:
    """The text of a ticket and the state of its preview. Raises NotFound for an unknown ticket."""
    ticket = ticket_of(_folder(), key, holder)
    if ticket.asked["kind"] != writing.kind:
        raise NotFound(GONE)
    try:
        edited = EditedText(**ticket.asked["sheet"])
    except TypeError as error:  # another release's ticket
        raise NotFound(GONE) from error
    if (made := ticket.made) is not None:
        return edited, PreviewState(*result_from(made))
    if key not in _under_way and time.time() - ticket.claimed > LOST:
        return edited, _take_over(writing, ticket, edited, viewpoints, holder)
    return edited, PreviewState(key=key)


def _take_over(
    writing: EditableKind,
    ticket: Ticket,
    edited: EditedText,
    viewpoints: list[Viewpoint],
    holder: Holder,
) -> PreviewState:
    """Make the preview here: the process that was to make it has stopped."""
    if time.time() - ticket.since > GIVEN_UP:
        return PreviewState(Preview("", failed="The preview was not made. Ask for it again."))
    ticket.claim()
    _log.warning("A preview that another process did not finish is made again.")
    try:
        _keep(ticket, _asked(writing, edited, viewpoints, holder))
    except Unavailable as error:
        return PreviewState(Preview("", failed=str(error)))
    return PreviewState(key=ticket.key)


def _asked(
    writing: EditableKind, edited: EditedText, viewpoints: list[Viewpoint], holder: Holder
) -> "Future[dict[str, Any]]":
    here, preview_of = settings(), writing.preview_of
    asked = {
        "look": f"{preview_of.__module__}:{preview_of.__qualname__}",
        "text": edited.text,
        "slug": edited.slug or "new",
        "reader": reader_json(viewpoint_named(viewpoints, edited.viewpoint).reader),
        "known": known_json(writing.known(edited.slug, edited.text)),
        "data": str(here.data),
        "incidents_dir": str(here.incidents_dir),
    }
    return makers.ask(asked, person=holder.account, page=edited.page)


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
