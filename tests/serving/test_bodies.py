"""Bodies that are read whole: what they may hold, and that it is given back."""

import asyncio
import io
import time

import pytest

from portal.serving.bodies import Allowed, Bodies, BodiesFull, Body, ClientGone, TooLarge
from portal.serving.limits import Limits

LIMITS = Limits(in_memory=10, on_disk=100)


def read(bodies: Bodies, *pieces: bytes | None, declared: int = 0, allowed: Allowed | None = None):
    """`None` stands for a client that left."""
    left = list(pieces)

    async def receive():
        piece = left.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    return asyncio.run(bodies.read(declared, receive, allowed))


def size_of(bodies: Bodies, *pieces: bytes) -> int:
    body = read(bodies, *pieces)
    body.close()
    return body.size


def test_pieces_become_one_body_and_what_it_held_is_given_back() -> None:
    bodies = Bodies(LIMITS, largest=60)
    for _ in range(5):
        body = read(bodies, b"a" * 30, b"", b"b" * 30)
        assert body.file.read() == b"a" * 30 + b"b" * 30
        body.close()
        body.close()
    assert size_of(bodies, b"") == 0


def test_too_much_is_refused_as_declared_and_as_it_comes_and_keeps_nothing() -> None:
    bodies = Bodies(LIMITS, largest=60)
    for _ in range(5):
        with pytest.raises(TooLarge):
            read(bodies, declared=61)
        with pytest.raises(TooLarge):
            read(bodies, b"a" * 30, b"b" * 31)
        with pytest.raises(ClientGone):
            read(bodies, b"a" * 30, None)
    assert size_of(bodies, b"a" * 60) == 60


def test_all_bodies_together_have_a_bound() -> None:
    bodies = Bodies(LIMITS, largest=60)
    first = read(bodies, b"a" * 60)
    with pytest.raises(BodiesFull):
        read(bodies, b"b" * 30, b"c" * 30)
    assert size_of(bodies, b"d" * 40) == 40
    first.close()
    assert size_of(bodies, b"e" * 60) == 60


def test_one_address_accepts_larger_bodies_in_a_room_of_their_own() -> None:
    """They take no room of the others, and one client not all of theirs."""
    limits = Limits(in_memory=10, on_disk=100, larger_of_one=70)
    bodies = Bodies(limits, largest=20, larger={"/large": 60})

    def read_of(path: str, size: int, of: str, method: str = "POST") -> Body:
        allowed = bodies.allowed(path, method, of=of)
        return read(bodies, b"a" * size, allowed=allowed)

    first = read_of("/large", 60, "one")
    for path, method in (("/large", "PUT"), ("/large/", "POST"), ("/small", "POST")):
        with pytest.raises(TooLarge):
            read_of(path, 21, "one", method)
    with pytest.raises(TooLarge):
        read_of("/large", 61, "another")
    with pytest.raises(BodiesFull):  # too much of one client
        read_of("/large", 11, "one")
    second = read_of("/large", 40, "another")
    with pytest.raises(BodiesFull):  # too much of all
        read_of("/large", 1, "a third one")
    assert size_of(bodies, b"a" * 20) == 20
    first.close()
    first.close()
    read_of("/large", 60, "one").close()
    second.close()


def test_a_slow_disk_does_not_stop_the_event_loop() -> None:
    """What is longer than the part in memory is written by a thread."""

    class Slow(io.BytesIO):
        def write(self, chunk) -> int:
            time.sleep(0.2)
            return super().write(chunk)

    async def upload() -> tuple[float, bytes]:
        body, longest = Body(Bodies(LIMITS, largest=60)), 0.0
        body.file.close()
        body.file = Slow()
        writing = asyncio.create_task(body.add(b"a" * 30))
        while not writing.done():
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - began)
        return longest, body.file.getvalue()

    longest, written = asyncio.run(upload())
    assert written == b"a" * 30
    assert longest < 0.15
