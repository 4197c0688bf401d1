"""What counts as an answer while a server is driven: whole ones of the right status, no others."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from bench.load_maker import CONNECTIONS, ask, request_for

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
UNCHANGED = b'HTTP/1.1 304 NOT MODIFIED\r\nETag: "a"\r\n\r\n'
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"


@contextmanager
def server(answer: bytes, *, hangs_up: bool = False) -> Iterator[tuple[int, list[int]]]:
    """Answers each request with these bytes, in two parts; the list grows by one for each."""
    given: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(
            target=_accept, args=(listening, answer, hangs_up, given), daemon=True
        ).start()
        yield listening.getsockname()[1], given
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, answer: bytes, hangs_up: bool, given: list[int]) -> None:
    with suppress(OSError):
        while True:
            one, _ = listening.accept()
            threading.Thread(
                target=_serve, args=(one, answer, hangs_up, given), daemon=True
            ).start()


def _serve(one: socket.socket, answer: bytes, hangs_up: bool, given: list[int]) -> None:
    with suppress(OSError), one:
        while one.recv(65536):
            one.sendall(answer[:20])
            given.append(1)  # before its last byte: whoever has that may count it
            one.sendall(answer[20:])
            if hangs_up:
                return


@pytest.mark.parametrize(
    ("answer", "status", "hangs_up"),
    [(LENGTH, 200, False), (CHUNKS, 200, False), (UNCHANGED, 304, False), (CLOSING, 200, True)],
)
def test_each_whole_answer_counts_once(answer: bytes, status: int, hangs_up: bool) -> None:
    with server(answer, hangs_up=hangs_up) as (port, given):
        answers, seconds, _ = ask(port, [request_for("/")], status, 0.1)
    assert CONNECTIONS <= answers <= len(given) <= answers + 2 * CONNECTIONS
    assert seconds >= 0.1


@pytest.mark.parametrize(
    ("answer", "hangs_up"),
    [
        (LENGTH.replace(b"200 OK", b"503 Full"), False),
        (UNCHANGED, False),
        (LENGTH[:-2], True),
        (CHUNKS[:-5], True),
    ],
)
def test_another_answer_or_half_of_one_ends_the_run(answer: bytes, hangs_up: bool) -> None:
    with server(answer, hangs_up=hangs_up) as (port, _), pytest.raises(RuntimeError):
        ask(port, [request_for("/")], 200, 0.1)
