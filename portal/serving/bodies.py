"""Request bodies, read completely before the request is processed."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Allowed:
    """How large the body of a request may be. `of`: the client, where its address accepts larger
    ones than others do."""

    largest: int
    of: str | None = None


class Body:
    """In memory up to a limit, the rest in a temporary file. A context manager that
    releases both."""

    def __init__(self, store: "Bodies", allowed: Allowed | None = None) -> None:
        self._store = store
        self._allowed = allowed or Allowed(store.largest)
        self.file = SpooledTemporaryFile(max_size=store.limits.in_memory)  # noqa: SIM115
        self.size = 0

    async def add(self, chunk: bytes) -> None:
        if self.size + len(chunk) > self._allowed.largest:
            raise TooLarge
        self._store.take(len(chunk), of=self._allowed.of)
        self.size += len(chunk)
        if self.size <= self._store.limits.in_memory:
            self.file.write(chunk)
        else:
            await on_disk(partial(self.file.write, chunk))

    def close(self) -> None:
        """Idempotent."""
        if not self.file.closed:
            self._store.take(-self.size, of=self._allowed.of)
            self.file.close()


class Bodies:
    """All open bodies of this process. For use in the event loop only.

    `larger`: the addresses whose bodies may be larger than `largest`, and how large.
    """

    def __init__(
        self, limits: Limits, largest: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self.limits = limits
        self.largest = largest
        self._larger = dict(larger or {})
        self._held = 0
        self._larger_held: Counter[str] = Counter()

    def allowed(self, path: str, method: str, *, of: str) -> Allowed:
        """For a request of that client."""
        if method == "POST" and path in self._larger:
            return Allowed(self._larger[path], of=of)
        return Allowed(self.largest)

    def take(self, size: int, *, of: str | None = None) -> None:
        if of is None:
            if size > 0 and self._held + size > self.limits.on_disk:
                raise BodiesFull
            self._held += size
            return
        is_full = self._larger_held.total() + size > self.limits.on_disk
        if size > 0 and (is_full or self._larger_held[of] + size > self.limits.larger_of_one):
            raise BodiesFull
        self._larger_held[of] += size
        if self._larger_held[of] <= 0:
            del self._larger_held[of]

    async def read(self, declared: int, receive: Receive, allowed: Allowed | None = None) -> Body:
        """The complete body, rewound. Raises Gone, TooLarge or NoRoom, and then keeps nothing."""
        if declared > (allowed.largest if allowed else self.largest):
            raise TooLarge
        body = Body(self, allowed)
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
