"""The child's side: reads frames until its parent closes the pipe or is gone, and answers them."""

import json
import os
import select
import struct
from collections.abc import Iterator

_LOOK_AFTER_PARENT = 5.0


def frames(incoming: int) -> Iterator[bytes]:
    parent = os.getppid()
    while _next_is_there(incoming, parent):
        header = _read(incoming, 4)
        if not header:
            return
        yield _read(incoming, struct.unpack(">I", header)[0])


def send(outgoing: int, answer: dict[str, object]) -> None:
    body = json.dumps(answer).encode()
    frame = memoryview(struct.pack(">I", len(body)) + body)
    while frame:
        frame = frame[os.write(outgoing, frame) :]


def _next_is_there(incoming: int, parent: int) -> bool:
    while os.getppid() == parent:
        if select.select([incoming], [], [], _LOOK_AFTER_PARENT)[0]:
            return True
    return False


def _read(incoming: int, size: int) -> bytes:
    """Exactly `size` bytes, or none when the parent has closed the pipe."""
    found = bytearray()
    while len(found) < size:
        part = os.read(incoming, min(size - len(found), 1 << 20))
        if not part:
            return b""
        found += part
    return bytes(found)
