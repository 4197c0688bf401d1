"""Request flow: the body is read completely, a thread builds the response, the event loop
sends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from portal.core.logs.lasting import Lasting
from portal.serving.answers import Answer, WsgiApp, make_answer, plain_answer
from portal.serving.bodies import (
    Allowed,
    Bodies,
    BodiesFull,
    Body,
    ClientGone,
    Receive,
    TooLarge,
    discard,
)
from portal.serving.environ import TOO_LARGE, Scope, client_of, declared_length, environ_of
from portal.serving.kept import CachedAnswers, cache_lookup
from portal.serving.pools import ClientLimit, Pool, PoolFull, RequestKind, request_kind

Send = Callable[[dict[str, Any]], Awaitable[None]]
log = logging.getLogger(__name__)
BUSY = "This site is very busy just now. Nothing was changed. Please try again in a few seconds."
CROWDED = {
    RequestKind.PASSWORDS: "Too many attempts to log in come from your network at once. This one"
    " was not looked at, and nothing was changed. Please try again in a few seconds.",
    RequestKind.UPLOADS: "Too many pictures come from your network at once. These were not looked"
    " at, and nothing was changed. Please send them again in a few seconds.",
}
RETRY_SECONDS = "5"
LINGER_SECONDS = 1.0
"""For a client with `Expect: 100-continue` that was refused: it may have started to send anyway."""


class WsgiBridge:
    """An ASGI application that wraps a WSGI one."""

    def __init__(
        self,
        app: WsgiApp,
        *,
        bodies: Bodies,
        pool_of: Callable[[str, str], Pool],
        trusted_proxies: int = 0,
        multiprocess: bool = False,
    ) -> None:
        self._app = app
        self._bodies = bodies
        self._pool_of = pool_of
        self._proxies = trusted_proxies
        self._multiprocess = multiprocess
        self._kept = CachedAnswers(cache_lookup())
        self._crowds = Lasting(log, noun="requests", settle=10)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse_socket(scope, receive, send)
            return
        is_too_large, allowed = False, self._allowed(scope)
        try:
            body = await self._bodies.read(declared_length(scope) or 0, receive, allowed)
        except ClientGone:
            return
        except BodiesFull:
            await deliver(_busy(), send)
            return
        except TooLarge:
            is_too_large, body = True, Body(self._bodies, allowed)
        answer = await self._answer(scope, body, is_too_large)
        asked_first = is_too_large and _expects(scope)
        if asked_first:
            answer.headers = [*answer.headers, (b"connection", b"close")]
        await deliver(answer, send)
        if is_too_large:
            seconds = LINGER_SECONDS if asked_first else None
            await self._discard(receive, at_most=10 * allowed.largest, seconds=seconds)

    def _allowed(self, scope: Scope) -> Allowed:
        of = client_of(scope, self._proxies)
        return self._bodies.allowed(scope["path"], scope["method"], of=of)

    async def _discard(self, receive: Receive, *, at_most: int, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await discard(receive, at_most=at_most)

    async def _answer(self, scope: Scope, body: Body, is_too_large: bool) -> Answer:
        if not body.size and not is_too_large and (found := await self._kept(scope)):
            return found
        environ = environ_of(scope, body, multiprocess=self._multiprocess)
        environ[TOO_LARGE] = is_too_large
        kind = request_kind(scope["path"], scope["method"])
        try:
            pool = self._pool_of(scope["path"], scope["method"])
            of = client_of(scope, self._proxies)
            work = pool.submit(partial(make_answer, self._app, environ), of=of)
        except PoolFull as full:
            body.close()
            if isinstance(full, ClientLimit):
                return _crowded(kind)
            self._crowds.note(f"Answered with 503: no place is free for {kind} requests.", at=kind)
            return _busy()
        if self._crowds:
            self._crowds.over(kind)
        if body.size:
            work.add_done_callback(partial(_close_later, asyncio.get_running_loop(), body))
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            work.add_done_callback(_close_unsent)
            raise


def _close_later(loop: asyncio.AbstractEventLoop, body: Body, _work: Any) -> None:
    """When no thread reads it any more, even if its client disconnected."""
    with suppress(RuntimeError):  # the process is stopping, and its loop is closed
        loop.call_soon_threadsafe(body.close)


def _close_unsent(work: Any) -> None:
    """The client disconnected while its response was built."""
    if not work.cancelled() and work.exception() is None:
        work.result().close()


def _expects(scope: Scope) -> bool:
    """Whether the client sent `Expect: 100-continue`, and sends no body if refused."""
    return any(name == b"expect" for name, _ in scope["headers"])


def _busy() -> Answer:
    return plain_answer(503, BUSY, Retry_After=RETRY_SECONDS)


def _crowded(kind: RequestKind) -> Answer:
    return plain_answer(429, CROWDED.get(kind, BUSY), Retry_After=RETRY_SECONDS)


async def deliver(answer: Answer, send: Send) -> None:
    """Chunk by chunk: `send` returns when the connection accepts more."""
    try:
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        async for piece in answer.pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        answer.close()


async def _refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """There are no web sockets here, and no lifespan."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
