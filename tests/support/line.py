"""Talking to a server byte by byte, as a client does that keeps to no rules."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.house.tree import ROOT
from tests.support.waiting import wait_until


class Said(NamedTuple):
    status: int
    head: str
    body: bytes


class Line:
    """One connection; a context manager."""

    def __init__(self, port: int, sent: bytes | str = b"", *, timeout: float = 20) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._read = bytearray()
        self.send(sent)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def __del__(self) -> None:
        if hasattr(self, "socket"):  # a refused connection has none
            self.socket.close()

    def send(self, sent: bytes | str) -> None:
        self.socket.sendall(sent.encode("latin-1") if isinstance(sent, str) else sent)

    def answer(self, *, of_head: bool = False) -> Said:
        """The next one, by its length, in chunks or until the end. Status 0: nothing came."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                return Said(0, "", bytes(self._read))
        raw, _, self._read = self._read.partition(b"\r\n\r\n")
        head = raw.decode("latin-1")
        status = int(head.split(" ")[1])
        if of_head or status in {100, 204, 304}:
            return Said(status, head, b"")
        return Said(status, head, self._body(head))

    def is_closed(self) -> bool:
        """Whether the server has ended it, with nothing more to say."""
        return not self._read and not self._more()

    def _body(self, head: str) -> bytes:
        if length := re.search(r"(?im)^content-length: (\d+)", head):
            return self._exactly(int(length[1]))
        if "chunked" not in head.lower():
            while self._more():
                pass
            return self._exactly(len(self._read))
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _exactly(self, size: int) -> bytes:
        while len(self._read) < size and self._more():
            pass
        taken, self._read = self._read[:size], self._read[size:]
        return bytes(taken)

    def _until(self, end: bytes) -> bytes:
        while end not in self._read and self._more():
            pass
        taken, _, self._read = self._read.partition(end)
        return bytes(taken)

    def _more(self) -> bool:
        try:
            came = self.socket.recv(1 << 16)
        except ConnectionResetError:
            return False
        self._read += came
        return bool(came)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def asked(port: int, path: str, **headers: str) -> Said:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    with Line(port, f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{more}\r\n") as line:
        return line.answer()


def seconds_for(port: int, path: str) -> float:
    """Raises AssertionError where the answer is another than 200."""
    began = time.monotonic()
    assert asked(port, path).status == 200
    return time.monotonic() - began


@contextmanager
def gunicorn(
    port: int, *words: str, env: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Until `/healthz` answers; ended by its pid."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *words], cwd=ROOT, env=env, stdout=said, stderr=said
        )
    try:
        wait_until(lambda: is_up(port))
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_up(port: int, path: str = "/healthz") -> bool:
    try:
        return asked(port, path).status == 200
    except OSError:
        return False
