"""Request bodies, read completely before the request is processed."""

from collections.abc import Awaitable, Callable
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

from portal.serving.limits import Limits
from portal.serving.pools import on_disk

Receive = Callable[[], Awaitable[dict[str, Any]]]


class ClientGone(Exception):
    """The client disconnected, or was cut off, before its body was complete."""


class TooLarge(Exception):
    """The body is larger than the application accepts."""


class BodiesFull(Exception):
    """The open bodies use all the space that this process may take."""


class Body:
    """In memory up to a limit, the rest in a temporary file. A context manager that
    releases both."""

    def __init__(self, store: "Bodies") -> None:
        self._store = store
        self.file = SpooledTemporaryFile(max_size=store.limits.in_memory)  # noqa: SIM115
        self.size = 0

    async def add(self, chunk: bytes) -> None:
        if self.size + len(chunk) > self._store.largest:
            raise TooLarge
        self._store.take(len(chunk))
        self.size += len(chunk)
        if self.size <= self._store.limits.in_memory:
            self.file.write(chunk)
        else:
            await on_disk(partial(self.file.write, chunk))

    def close(self) -> None:
        """Idempotent."""
        if not self.file.closed:
            self._store.take(-self.size)
            self.file.close()


class Bodies:
    """All open bodies of this process. For use in the event loop only."""

    def __init__(self, limits: Limits, largest: int) -> None:
        self.limits = limits
        self.largest = largest
        self._held = 0

    def take(self, size: int) -> None:
        if size > 0 and self._held + size > self.limits.on_disk:
            raise BodiesFull
        self._held += size

    async def read(self, declared: int, receive: Receive) -> Body:
        """The complete body, rewound. Raises Gone, TooLarge or NoRoom, and then keeps nothing."""
        if declared > self.largest:
            raise TooLarge
        body = Body(self)
        try:
            async for chunk in chunks(receive):
                await body.add(chunk)
        except BaseException:
            body.close()
            raise
        body.file.seek(0)
        return body


async def chunks(receive: Receive) -> Any:
    """The chunks as they arrive. Raises Gone."""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        more = message.get("more_body", False)
        if chunk := message.get("body", b""):
            yield chunk


async def discard(receive: Receive, at_most: int) -> None:
    """Read on and discard: a browser reads the response only after it has sent the whole body."""
    seen = 0
    try:
        async for chunk in chunks(receive):
            seen += len(chunk)
            if seen > at_most:
                return
    except ClientGone:
        return
