"""The access log: one line for each answered request, where ACCESS_LOG asks for it.

Without query strings, which hold what people search for, and without the keys of private
links. gunicorn's own lines have the same form.
"""

import logging
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from gunicorn.glogging import Logger

from portal.core.logs.labels import REQUEST_ID, request_id
from portal.core.logs.records import without_keys
from portal.core.logs.setup import LogFormat, set_up_logs
from portal.serving.environ import Scope, client_of

Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Any, Send], Awaitable[None]]
HEADER = b"x-request-id"

log = logging.getLogger(__name__)


def with_access_log(app: AsgiApp, *, trusted_proxies: int) -> AsgiApp:
    """The same application, which logs each request as its answer ends."""
    return partial(_answer, app, trusted_proxies)


async def _answer(app: AsgiApp, proxies: int, scope: Scope, receive: Any, send: Send) -> None:
    if scope["type"] != "http":
        await app(scope, receive, send)
        return
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
    number = request_id(given[0] if len(given) == 1 else None, trusted_proxies=proxies)
    counted = _Counted(send)
    began = time.monotonic()
    try:
        await app({**scope, REQUEST_ID: number}, receive, counted)
    finally:
        seconds = time.monotonic() - began
        _log(scope, counted, number, client=client_of(scope, proxies), seconds=seconds)


class _Counted:
    """Passes the answer on, and remembers its status and size."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.bytes = 0

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.bytes += len(message.get("body", b""))
        await self._send(message)


def _log(scope: Scope, sent: _Counted, number: str, *, client: str, seconds: float) -> None:
    """Without a status the client left before its answer."""
    fields = {
        "method": scope["method"],
        "path": without_keys(scope["raw_path"].decode("latin-1")),
        "status": sent.status,
        "bytes": sent.bytes,
        "milliseconds": round(seconds * 1000, 1),
        "client": client,
    }
    log.info(
        "%s %s %s, %d bytes in %.1f ms, for %s",
        *(fields["method"], fields["path"], sent.status or "no answer"),
        *(sent.bytes, seconds * 1000, client),
        extra={"fields": fields, "request_id": number},
    )


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """The `logger_class`. Settings that are wrong are named by the process that reads them."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        is_json = os.environ.get("LOG_FORMAT") == LogFormat.JSON
        set_up_logs("gunicorn", LogFormat.JSON if is_json else LogFormat.TEXT)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
