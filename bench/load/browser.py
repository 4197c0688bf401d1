"""A visitor's browser: one persistent connection, cookies, forms. Every request is timed."""

import asyncio
import gzip
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

PATIENCE = 30.0
NO_ANSWER, UNFINISHED = 0, -1
"""The status of a request without a response, and of one cut off by the end of the run."""
_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


@dataclass(frozen=True)
class Sample:
    """One request: its start in seconds since the start of the load, and its response time."""

    kind: str
    status: int
    began: float
    seconds: float
    path: str = ""


@dataclass
class Book:
    """All requests of one run."""

    began: float = field(default_factory=time.perf_counter)
    samples: list[Sample] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, status: int, began: float, path: str = "") -> None:
        seconds = time.perf_counter() - began
        self.samples.append(Sample(kind, status, began - self.began, seconds, path))

    def fault(self, what: str) -> None:
        self.faults[what] = self.faults.get(what, 0) + 1


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    location: str | None

    @property
    def token(self) -> str:
        found = _TOKEN.search(self.text)
        return found[1] if found else ""


class Browser:
    """Raises nothing for faults of the server: a request without a response has the status 0."""

    def __init__(self, port: int, book: Book, cookies: Mapping[str, str] | None = None) -> None:
        self._port, self._book, self.cookies = port, book, dict(cookies or {})
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str, kind: str) -> Page:
        return await self._ask(f"GET {path} HTTP/1.1", b"", kind)

    async def post(self, path: str, fields: list[tuple[str, str]], kind: str) -> Page:
        return await self._ask(f"POST {path} HTTP/1.1", urlencode(fields).encode(), kind)

    def close(self) -> None:
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None

    async def _ask(self, first: str, body: bytes, kind: str) -> Page:
        began, path = time.perf_counter(), first.split(" ")[1]
        try:
            async with asyncio.timeout(PATIENCE):
                page = await self._answer(first, body)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.close()
            self._book.fault(f"{kind}: {type(error).__name__}")
            page = Page(NO_ANSWER, "", None)
        except asyncio.CancelledError:
            self._book.note(kind, UNFINISHED, began, path)
            raise
        self._book.note(kind, page.status, began, path)
        return page

    async def _answer(self, first: str, body: bytes) -> Page:
        """On the persistent connection; once more on a new one if it had been closed."""
        if self._writer is not None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                return await self._on_this_one(first, body)
            self.close()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return await self._on_this_one(first, body)

    async def _on_this_one(self, first: str, body: bytes) -> Page:
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(self._head(first, body) + body)
        await self._writer.drain()
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = [(name.lower(), value) for name, _, value in (x.partition(": ") for x in lines)]
        named = dict(headers)
        for name, value in headers:
            if name == "set-cookie":
                self._keep(value)
        text = await self._body(int(lines[0].split()[1]), named)
        if named.get("connection", "").lower() == "close":
            self.close()
        if named.get("content-encoding") == "gzip":
            text = gzip.decompress(text)
        status = int(lines[0].split()[1])
        return Page(status, text.decode("utf-8", "replace"), named.get("location"))

    def _head(self, first: str, body: bytes) -> bytes:
        lines = [first, "Host: localhost", "Accept: text/html", "Accept-Encoding: gzip"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if first.startswith("POST"):
            lines += ["Content-Type: application/x-www-form-urlencoded"]
            lines += [f"Content-Length: {len(body)}", "Origin: http://localhost"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def _body(self, status: int, headers: Mapping[str, str]) -> bytes:
        assert self._reader is not None
        if status in {204, 304}:
            return b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks(self._reader)
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        return await self._reader.read()

    async def _chunks(self, reader: asyncio.StreamReader) -> bytes:
        blocks = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            blocks.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(blocks)

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.partition(";")[0].partition("=")
        if value:
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)
