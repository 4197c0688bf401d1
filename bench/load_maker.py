"""Load generator: processes with persistent raw connections.

Each connection sends the next request as soon as it has the response (a closed loop). The load
maker's own processor time is measured as well: if it takes half as much as the server, it is the
bottleneck, and the figures are those of the load maker.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.pool import Pool

from bench.servers import Server

PROCESSES, CONNECTIONS = 2, 8
"""Sixteen concurrent requests: as many as two processes with eight threads each can handle."""
STALL = 30.0


@dataclass(frozen=True)
class Driven:
    """The result of one round. `seconds`: elapsed time per response; `processor`: the server's."""

    answers: int
    seconds: float
    processor: float
    own: float
    """Processor seconds of the load maker per response."""


@contextmanager
def drivers() -> Iterator[Pool]:
    """The processes that send requests. Started first, so that they inherit almost nothing."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(abs, range(PROCESSES))
        yield pool


def drive(
    pool: Pool, server: Server, requests: Sequence[bytes], *, status: int, seconds: float
) -> Driven:
    """One round that cycles through the requests. Fails for a response with another status, so that
    a fault is not measured as a fast page."""
    before, began = server.processor(), time.perf_counter()
    each_process = [requests[at::PROCESSES] or requests for at in range(PROCESSES)]
    tasks = [(server.port, some, status, seconds) for some in each_process]
    done = pool.starmap(ask, tasks, chunksize=1)
    whole, answers = time.perf_counter() - began, sum(each[0] for each in done)
    if not answers:
        raise SystemExit(f"Not one answer to {requests[0][:80]!r}")
    processor = (server.processor() - before) / answers
    span = max(each[1] for each in done) or whole
    return Driven(answers, span / answers, processor, sum(each[2] for each in done) / answers)


def request_for(path: str, **headers: str) -> bytes:
    """`If_None_Match="…"` names a header."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept: text/html"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def ask(
    port: int, requests: Sequence[bytes], status: int, seconds: float
) -> tuple[int, float, float]:
    """In one process: number of responses, elapsed seconds, processor seconds of this process.

    A round of slow pages continues until there are as many responses as connections.
    """
    wanted, began, own = f"HTTP/1.1 {status}".encode(), time.perf_counter(), time.process_time()
    asked = cycle(requests)
    connections = [Connection(port, asked) for _ in range(CONNECTIONS)]
    try:
        answers = _ask_again_and_again(connections, wanted, began + seconds)
    finally:
        for each in connections:
            each.socket.close()
    return answers, time.perf_counter() - began, time.process_time() - own


def _ask_again_and_again(connections: list["Connection"], wanted: bytes, end: float) -> int:
    """Until `end`; returns the number of responses."""
    selector, answers = selectors.DefaultSelector(), 0
    for each in connections:
        selector.register(each.socket, selectors.EVENT_READ, each)
        each.send()
    while time.perf_counter() < end or answers < len(connections):
        events = selector.select(timeout=STALL)
        if not events or time.perf_counter() > end + STALL:
            raise RuntimeError(f"{answers} answers, and none in {STALL:.0f} s")
        for key, _ in events:
            asked: Connection = key.data
            whole = asked.has_answer(wanted)
            answers += whole
            if asked.is_lost or (whole and asked.closes):  # a new connection is included
                selector.unregister(asked.socket)
                asked.reopen()
                selector.register(asked.socket, selectors.EVENT_READ, asked)
                asked.send()
            elif whole:
                asked.send()
    selector.close()
    return answers


class Connection:
    """One HTTP/1.1 connection that sends one request after the other."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self._port, self._requests = port, requests
        self._got, self._whole = b"", -1
        self.socket = socket.socket()
        self.reopen()

    def reopen(self) -> None:
        self.socket.close()
        self.socket = socket.create_connection(("127.0.0.1", self._port), STALL)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_lost = self.closes = False

    def send(self) -> None:
        self._got, self._whole = b"", -1
        self.socket.sendall(next(self._requests))

    def has_answer(self, wanted: bytes) -> bool:
        """Read the available data; returns whether the response is complete. Raises RuntimeError
        for a fault."""
        block = self.socket.recv(262144)
        self._got = self._got + block if self._got else block
        if self._whole < 0 and (head := self._got.find(b"\r\n\r\n")) >= 0:
            self._read_head(self._got[:head], wanted)
        if not block:
            self.is_lost = True
            if self._got:
                raise RuntimeError(f"Closed within an answer: {self._got[:200]!r}")
            return False
        if self._whole == 0:
            return self._got.endswith(b"0\r\n\r\n")
        return 0 < self._whole <= len(self._got)

    def _read_head(self, head: bytes, wanted: bytes) -> None:
        if not head.startswith(wanted):
            raise RuntimeError(f"Not {wanted!r} but {head[:200]!r}")
        small = head.lower()
        self.closes = b"\r\nconnection: close" in small
        if b"\r\ntransfer-encoding: chunked" in small:
            self._whole = 0
        elif (at := small.find(b"\r\ncontent-length:")) >= 0:
            length = int(small[at + 17 :].split(b"\r\n", 1)[0])
            self._whole = len(head) + 4 + length
        else:  # 204 and 304 have no body
            self._whole = len(head) + 4
