"""200 requests that are never completed, next to one normal client."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from bench.load.browser import Book, Browser

MANY = 200
THINK = 0.1
DRIP_SECONDS = 1.0
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Age"
BODY = (
    b"POST /ops/login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\nemail="
)


@dataclass(frozen=True)
class Kind:
    """What is sent immediately, and whether a byte a second follows."""

    title: str
    part: bytes = b""
    drips: bool = False


KINDS = (
    Kind("nobody beside it"),
    Kind("half heads", HEAD),
    Kind("half bodies", BODY),
    Kind("a byte a second", BODY, drips=True),
)
ASKED = ("/", "/ops/login")


@dataclass(frozen=True)
class Served:
    """The results of the normal client, in seconds; `failed`: requests without a 200 response;
    `halves`: the number of incomplete requests in the middle of its time."""

    beside: str
    asked: int
    failed: int
    median: float
    worst: float
    halves: int


class Halves:
    """This many connections, each reopened as soon as the server has closed it."""

    def __init__(self, port: int, kind: Kind) -> None:
        self._port, self._kind = port, kind
        self._tasks: list[asyncio.Task[None]] = []
        self.open = 0

    async def __aenter__(self) -> "Halves":
        for _ in range(MANY if self._kind.part else 0):
            self._tasks.append(asyncio.create_task(self._keep_open()))
        await asyncio.sleep(1 if self._tasks else 0)  # until all of them are connected
        return self

    async def __aexit__(self, *_error: object) -> None:
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(1)  # so that the server notices the closed connections

    async def _keep_open(self) -> None:
        while True:
            with suppress(OSError):
                await self._once()
            await asyncio.sleep(0.1)

    async def _once(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.open += 1
        try:
            writer.write(self._kind.part)
            while not reader.at_eof():
                with suppress(TimeoutError):
                    async with asyncio.timeout(DRIP_SECONDS):
                        await reader.read(4096)
                if self._kind.drips:
                    writer.write(b"a")
        finally:
            self.open -= 1
            writer.close()


async def half_requests(port: int, *, seconds: float) -> list[Served]:
    return [await _run_kind(port, kind, seconds=seconds) for kind in KINDS]


async def _run_kind(port: int, kind: Kind, *, seconds: float) -> Served:
    async with Halves(port, kind) as halves:
        return await _healthy(port, kind, halves, seconds=seconds)


async def _healthy(port: int, kind: Kind, halves: Halves, *, seconds: float) -> Served:
    """Requests a page of each door, each time on a new connection, until the time is over."""
    book, end, counts = Book(), time.monotonic() + seconds, list[int]()
    pages = _in_turns()
    while time.monotonic() < end:
        browser = Browser(port, book)
        await browser.get(next(pages), kind.title)
        browser.close()
        counts.append(halves.open)
        await asyncio.sleep(THINK)
    times = [each.seconds for each in book.samples]
    failed = sum(each.status != 200 for each in book.samples)
    middle = int(statistics.median(counts))
    return Served(kind.title, len(times), failed, statistics.median(times), max(times), middle)


def _in_turns() -> Iterator[str]:
    while True:
        yield from ASKED
