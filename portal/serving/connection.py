"""One connection and its timeouts: incomplete requests are cut off.

gunicorn's protocol waits for a head or a body without a limit. `Connections` checks all of them
once a second; per received chunk only bytes are counted.

A client may close its side once its request is complete, and still gets the response. A client that
disconnected looks the same until something is sent, so `100 Continue` is sent, which other clients
ignore. A disconnected one resets the connection, and then takes no thread.
"""

import re
import socket
from enum import Enum
from math import inf
from typing import Any
from urllib.parse import unquote_to_bytes

from gunicorn.asgi.parser import ParseError
from gunicorn.asgi.protocol import ASGIProtocol

from portal.serving.limits import Limits

GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
REFUSED_AFTER = 0.01, 0.1, 0.4
"""Seconds until a disconnected client has reset the connection: local, near, remote. If it takes
longer, the check once a second detects it."""
_NAMED_HOST = re.compile(rb"[a-z][a-z0-9+.-]*://[^/#]*", re.IGNORECASE)


class Stage(Enum):
    """What a connection is waiting for."""

    HEAD = "the client's head"
    BODY = "the client's body"
    ANSWER = "this site"
    CLOSING = "the client to take the end"


class Connection(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, worker: Any, connections: "Connections") -> None:
        super().__init__(worker)
        self._connections = connections
        self._now = worker.loop.time
        self._is_answered = False
        self._has_ended = False
        self._unread_since: float | None = None
        self._enter(Stage.HEAD)

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self.since: float = self._now()
        self.came = 0

    @property
    def waits_since(self) -> float | None:
        """The time since which it waits for its client to send, to read or to disconnect; None
        while the response is being built."""
        if self.stage is Stage.ANSWER:
            return self._unread_since
        return self.since

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.came += len(data)
        try:
            super().data_received(data)
        except ValueError:  # a length with thousands of digits, which gunicorn's parser accepts
            self._send_error_response(400, "The head of this request can't be read.\n")
            self._close_transport()
        if self.stage is Stage.HEAD and self.came > self._connections.limits.head_bytes:
            self._send_error_response(431, "The head of this request is too long.\n")
            self._close_transport()

    def eof_received(self) -> bool:
        """The client closed its side. Returns True to keep the connection open for the response."""
        if self._is_ssl:
            return False  # TLS does not support half-closed connections
        self._has_ended = True
        if self.stage is not Stage.ANSWER:
            self._end_unfinished()
        elif not self._is_answered and self._current_request.version >= (1, 1):
            self._safe_write(GO_ON)
            for seconds in REFUSED_AFTER:
                self.worker.loop.call_later(seconds, self.leave_if_gone)
        return True

    def leave_if_gone(self) -> None:
        """Abort if a client that closed its side has reset the connection."""
        if not self._has_ended or self.transport.is_closing():
            return
        if self.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.transport.abort()

    def _end_unfinished(self) -> None:
        self.give_up(400, "The request ended before it was whole.\n")

    def _feed_callback_parser(self, data: bytes) -> bool:
        """Also called for pipelined data after a previous request."""
        goes_on: bool = super()._feed_callback_parser(data)
        if goes_on and self._has_ended and self.stage is Stage.BODY:
            self._end_unfinished()
            return False
        return goes_on

    def pause_writing(self) -> None:
        self._unread_since = self._now()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = None
        super().resume_writing()

    def _on_headers_complete(self) -> bool:
        skips: bool = super()._on_headers_complete()
        request = self._current_request
        if request.version >= (1, 1) and all(name != b"host" for name, _ in request.headers_bytes):
            raise ParseError("A request names its host (RFC 9112, 3.2).")
        self._is_answered = False
        self._enter(Stage.BODY)
        return skips

    def _on_message_complete(self) -> None:
        super()._on_message_complete()
        self._enter(Stage.ANSWER)

    def _arm_keepalive_timer(self) -> None:
        """Called when the connection waits for the next request."""
        if self._has_ended:
            self._close_transport()
            self._request_ready.set()
            return
        super()._arm_keepalive_timer()
        self._is_answered = False
        self._enter(Stage.HEAD)

    def _send_response_start(self, *args: Any, **named: Any) -> None:
        self._is_answered = True
        super()._send_response_start(*args, **named)

    def _close_transport(self) -> None:
        super()._close_transport()
        self._enter(Stage.CLOSING)

    def _build_http_scope(self, request: Any, sockname: Any, peername: Any) -> dict[str, Any]:
        """Keep the address of the request line as received. If it names a host, the path is what
        follows (RFC 9112, 3.2.2)."""
        scope: dict[str, Any] = super()._build_http_scope(request, sockname, peername)
        scope["raw_uri"] = request.uri
        if named := _NAMED_HOST.match(scope["raw_path"]):
            raw = scope["raw_path"][named.end() :] or b"/"
            scope["raw_path"], scope["path"] = raw, unquote_to_bytes(raw).decode(errors="replace")
        return scope

    def give_up_if_late(self, limits: Limits) -> None:
        self.leave_if_gone()
        now = self._now()
        if now - (self._unread_since or now) > limits.stalled_seconds:
            self.transport.abort()
        elif now - self.since > self._patience(limits):
            self.transport.abort() if self.stage is Stage.CLOSING else self.give_up()

    def _patience(self, limits: Limits) -> float:
        """The timeout of the current stage, in seconds."""
        if self.stage is Stage.BODY:
            return limits.body_seconds + self.came / limits.body_rate
        ends = {Stage.HEAD: limits.head_seconds, Stage.CLOSING: limits.closing_seconds}
        return ends.get(self.stage, inf)

    def give_up(
        self, status: int = 408, why: str = "The request did not come to its end in time.\n"
    ) -> None:
        """Send an error if something was received and no response has begun; then close."""
        has_begun = self.came > 0 or self.stage is Stage.BODY
        if has_begun and not self._is_answered:
            self._send_error_response(status, why)
        self._close_transport()
        if self._request_ready is not None:
            self._request_ready.set()


class Connections:
    """All connections of one process."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Above the limit, the connection that has been waiting longest is aborted."""
        self._open.add(connection)
        if len(self._open) > self.limits.connections:
            waiting = [(each.waits_since, each) for each in self._open]
            since = [(at, each) for at, each in waiting if at is not None]
            min(since, key=lambda found: found[0])[1].transport.abort()

    def remove(self, connection: Connection) -> None:
        self._open.discard(connection)

    def look(self) -> None:
        for connection in list(self._open):
            connection.give_up_if_late(self.limits)

    def close_idle(self) -> None:
        """On shutdown: close connections that wait for a head. Bodies may still be completed."""
        for connection in [each for each in self._open if each.stage is Stage.HEAD]:
            connection.give_up()
