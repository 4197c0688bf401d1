"""Requests as fast as a server answers them: processes with raw connections that are kept.

Each connection asks again as soon as its answer is there (a closed loop). What the load maker
takes of the processor itself is measured as well: where it takes half as much as what it drives, it
is the limit, and the figures are those of the load maker.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.pool import Pool

from bench.servers import Server

PROCESSES, CONNECTIONS = 2, 8
"""Sixteen requests at a time: as many as two processes with eight threads each can take."""
STALL = 30.0


@dataclass(frozen=True)
class Driven:
    """How one round went. `seconds`: on the clock for an answer; `processor`: the server's own."""

    answers: int
    seconds: float
    processor: float
    own: float
    """Seconds of the processor that the load maker took for an answer."""


@contextmanager
def drivers() -> Iterator[Pool]:
    """The processes that ask. Started before anything else: they inherit next to nothing."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(abs, range(PROCESSES))
        yield pool


def drive(
    pool: Pool, server: Server, request: bytes | list[bytes], *, status: int, seconds: float
) -> Driven:
    """One round: the same request each time, or these, one after the other. Fails where an answer
    has another status: a fault is not a fast page."""
    given = [request] * PROCESSES if isinstance(request, bytes) else request
    before, began = server.processor(), time.perf_counter()
    tasks = [(server.port, given[at::PROCESSES], status, seconds) for at in range(PROCESSES)]
    done = pool.starmap(ask, tasks, chunksize=1)
    whole, answers = time.perf_counter() - began, sum(each[0] for each in done)
    if not answers:
        raise SystemExit(f"Not one answer to {request[:80]!r}")
    processor = (server.processor() - before) / answers
    span = max(each[1] for each in done) or whole
    return Driven(answers, span / answers, processor, sum(each[2] for each in done) / answers)


def request_for(path: str, **headers: str) -> bytes:
    """`If_None_Match="…"` names a header."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept: text/html"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def ask(port: int, requests: list[bytes], status: int, seconds: float) -> tuple[int, float, float]:
    """In one process: answers, seconds on the clock, seconds of this process's processor.

    A round of slow pages goes on until there are as many answers as connections.
    """
    wanted, began, own = f"HTTP/1.1 {status}".encode(), time.perf_counter(), time.process_time()
    turns = cycle(requests)
    connections = [Connection(port, turns) for _ in range(CONNECTIONS)]
    try:
        answers = _ask_again_and_again(connections, wanted, began + seconds)
    finally:
        for each in connections:
            each.socket.close()
    return answers, time.perf_counter() - began, time.process_time() - own


def _ask_again_and_again(connections: list["Connection"], wanted: bytes, end: float) -> int:
    """Until that moment; how many answers there were."""
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
            if asked.is_lost or (whole and asked.closes):  # a new connection is part of its cost
                selector.unregister(asked.socket)
                asked.reopen()
                selector.register(asked.socket, selectors.EVENT_READ, asked)
                asked.send()
            elif whole:
                asked.send()
    selector.close()
    return answers


class Connection:
    """One connection of HTTP/1.1 that asks again and again."""

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
        """Read what has come; whether the answer is whole. Raises RuntimeError for a fault."""
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
