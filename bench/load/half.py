"""200 requests that are never sent whole, beside one client that asks as it should."""

import asyncio
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass

from bench.load.browser import Book, Browser

MANY = 200
THINK = 0.1
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Age"
BODY = (
    b"POST /ops/login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\nemail="
)
KINDS = {"nobody beside it": b"", "half heads beside it": HEAD, "half bodies beside it": BODY}


@dataclass(frozen=True)
class Served:
    """How a healthy client fared, in seconds; `failed`: requests without an answer of 200."""

    beside: str
    asked: int
    failed: int
    median: float
    worst: float


async def half_requests(port: int, *, seconds: float) -> list[Served]:
    return [await _beside(port, kind, part, seconds=seconds) for kind, part in KINDS.items()]


async def _beside(port: int, kind: str, part: bytes, *, seconds: float) -> Served:
    halves = [await _half(port, part) for _ in range(MANY)] if part else []
    try:
        return await _healthy(port, kind, seconds=seconds)
    finally:
        for writer in halves:
            if writer:
                writer.close()
        await asyncio.sleep(1)  # so that the server sees them go


async def _half(port: int, part: bytes) -> asyncio.StreamWriter | None:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(part)
            await writer.drain()
            return writer
    return None


async def _healthy(port: int, kind: str, *, seconds: float) -> Served:
    """Asks for the home page, each time on a new connection, until the time is over."""
    book, end = Book(), time.monotonic() + seconds
    while time.monotonic() < end:
        browser = Browser(port, book)
        await browser.get("/", kind)
        browser.close()
        await asyncio.sleep(THINK)
    times = [each.seconds for each in book.samples]
    failed = sum(each.status != 200 for each in book.samples)
    return Served(kind, len(times), failed, statistics.median(times), max(times))
