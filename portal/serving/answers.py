"""A response, built completely in a thread and sent by the event loop.

A thread is free as soon as the response is built: a slow client costs a connection, but no thread.
So endless responses are not supported; the product has none.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from portal.core.logs.labels import REQUEST_ID, request_id
from portal.serving.limits import MEGABYTE
from portal.serving.pools import DISK, on_disk

PIECE = 64 * 1024
KEPT_IN_MEMORY = MEGABYTE
FAILED = "Something went wrong. Nothing was changed."
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]

log = logging.getLogger(__name__)


class FileWrapper:
    """`wsgi.file_wrapper`: a file is sent directly from disk, then closed."""

    def __init__(self, file: IO[bytes], size: int = PIECE) -> None:
        self.file = file
        self.size = size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(self.size):
            yield piece

    def close(self) -> None:
        if hasattr(self.file, "close"):
            self.file.close()


class Answer:
    """A status, headers, and a body that is read once, in pieces."""

    def __init__(self, status: int, headers: Headers, body: IO[bytes] | bytes) -> None:
        self.status = status
        self.headers = headers
        self._body = body

    async def pieces(self) -> AsyncIterator[bytes]:
        if isinstance(self._body, bytes):
            yield self._body
            return
        while piece := await on_disk(partial(self._body.read, PIECE)):
            yield piece

    def close(self) -> None:
        """Delayed while a file is still being read from a slow disk."""
        if not isinstance(self._body, bytes):
            DISK.submit(self._body.close)


def make_answer(app: WsgiApp, environ: dict[str, Any]) -> Answer:
    """Call the application and collect its output. An exception becomes a plain 500."""
    try:
        return _asked(app, environ)
    except Exception:
        number = environ.setdefault(REQUEST_ID, request_id(None, trusted_proxies=0))
        where, extra = environ.get("PATH_INFO"), {"request_id": number}
        log.exception("The application failed for %s.", where, extra=extra)
        return plain_answer(500, f"{FAILED} Quote this number when you report it: {number}")


def plain_answer(status: int, sentence: str, **headers: str) -> Answer:
    body = f"{sentence}\n".encode()
    said = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Answer(status, [(n.encode(), v.encode()) for n, v in said.items()], body)


def _asked(app: WsgiApp, environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        started[:] = [(status, headers)]
        return written.append

    result = app(environ, start_response)
    if isinstance(result, FileWrapper) and started and not written:
        return Answer(*_head(*started[0]), result.file)
    try:
        body = _collected(written, result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = _head(*started[0])
    if environ["REQUEST_METHOD"] != "HEAD" and _lacks_length(status, headers):
        headers.append((b"content-length", str(_size(body)).encode()))
    return Answer(status, headers, body)


def _size(body: bytes | IO[bytes]) -> int:
    if isinstance(body, bytes):
        return len(body)
    size = body.seek(0, SEEK_END)
    body.seek(0)
    return size


def _collected(written: list[bytes], result: Iterable[bytes]) -> bytes | IO[bytes]:
    """As bytes if it is small; otherwise as a temporary file."""
    parts, size = written, 0
    pieces = iter(result)
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > KEPT_IN_MEMORY:
            return _spooled(parts, pieces)
    return b"".join(parts)


def _spooled(parts: list[bytes], rest: Iterator[bytes]) -> IO[bytes]:
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 — closed when it was sent
    try:
        file.writelines(parts)
        file.writelines(rest)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast(IO[bytes], file)


def _head(status: str, headers: list[tuple[str, str]]) -> tuple[int, Headers]:
    """Headers may contain Latin-1 characters, as in PEP 3333."""
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return int(status.split(" ", 1)[0]), encoded


def _lacks_length(status: int, headers: Headers) -> bool:
    """Whether a Content-Length may be added: it is missing, and the status has a body."""
    if status < 200 or status in {204, 304}:
        return False
    return all(name.lower() not in {b"content-length", b"transfer-encoding"} for name, _ in headers)
