"""Calls HEARTBEAT_URL each minute while the worker works, so that others notice when it does not.

The call runs in a thread of its own. It is left out while the last round of the worker, or of its
queue, failed: silence is the alarm.
"""

import logging
import threading
import time
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from portal.core.configuration.settings import settings
from portal.core.logs.lasting import Lasting
from portal.jobs.worker.each_second import every_tick
from portal.jobs.worker.health import is_working

EVERY = 60.0
LIMIT = 10.0
AGENT = "Talkback"

log = logging.getLogger(__name__)
_states = Lasting(log, noun="calls")
_next = 0.0
_running: threading.Thread | None = None


class _NoRedirects(HTTPRedirectHandler):
    """The setting names the address; another one would not be it."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        return None


@every_tick
def call_heartbeat() -> None:
    global _next, _running  # noqa: PLW0603 — one worker, one address
    url = settings().heartbeat_url
    if url is None or time.monotonic() < _next or not is_working():
        return
    if _running is not None and _running.is_alive():
        return
    _next = time.monotonic() + EVERY
    _running = threading.Thread(target=call, args=(url,), name="heartbeat", daemon=True)
    _running.start()


def call(url: str, *, limit: float = LIMIT) -> bool:
    """Whether it was answered with success. The log never has the address, which may be a key."""
    request = Request(url, headers={"User-Agent": AGENT})  # noqa: S310 — the setting is http(s)
    try:
        with build_opener(_NoRedirects).open(request, timeout=limit) as answer:
            answer.read(1)
    except HTTPError as error:
        error.close()
        _states.note(f"HEARTBEAT_URL answered with {error.code}.")
    except Exception as error:
        _states.note(f"HEARTBEAT_URL could not be called: {_reason(error)}.")
    else:
        _states.over()
        return True
    return False


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return type(reason if isinstance(reason, BaseException) else error).__name__
