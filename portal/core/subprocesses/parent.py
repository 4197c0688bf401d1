"""The parent's side: starts a child, sends it a frame and waits for its answer until a deadline."""

import json
import os
import select
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

#: Seconds for a child to start.
START = 20.0
_CODE = Path(__file__).parents[3]


@dataclass(eq=False)
class Child:
    process: "subprocess.Popen[bytes]"
    into: IO[bytes]
    out: IO[bytes]

    def ask(self, source: str, seconds: float) -> dict[str, Any]:
        return self.exchange(framed(source.encode()), time.monotonic() + seconds)

    def exchange(self, frame: bytes, deadline: float) -> dict[str, Any]:
        """The answer to a frame. TimeoutError after the deadline, EOFError when the child died."""
        into, out, answer = self.into.fileno(), self.out.fileno(), bytearray()
        rest = memoryview(frame)
        while not _complete(answer):
            ready = _ready(out, into if rest else None, deadline - time.monotonic())
            if into in ready:
                rest = rest[os.write(into, rest[:65536]) :]
            if out in ready:
                answer += _some(out)
        return dict(json.loads(answer[4:]))

    def stop(self) -> int:
        self.process.kill()
        code = self.process.wait()
        self.close()
        return code

    def close(self) -> None:
        self.into.close()
        self.out.close()


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def _ready(out: int, into: int | None, seconds: float) -> set[int]:
    """The file descriptors that are ready; TimeoutError if none is. Uses poll: with many
    connections a descriptor may be higher than `select` supports.
    """
    poll = select.poll()
    poll.register(out, select.POLLIN)
    if into is not None:
        poll.register(into, select.POLLOUT)
    ready = {file for file, _ in poll.poll(seconds * 1000)} if seconds > 0 else set()
    if not ready:
        raise TimeoutError
    return ready


def _complete(answer: bytearray) -> bool:
    return len(answer) >= 4 and len(answer) - 4 >= int(struct.unpack(">I", answer[:4])[0])


def _some(out: int) -> bytes:
    part = os.read(out, 1 << 20)
    if not part:
        raise EOFError
    return part


def started(module: str, *words: str) -> Child:
    """A child that has reported ready. Its environment is minimal and contains no secrets.

    Raises TimeoutError or EOFError if it does not become ready.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(_CODE), "LANG": "C.UTF-8"},
        cwd=_CODE,
        start_new_session=True,
    )
    child = Child(process, cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout))
    os.set_blocking(child.into.fileno(), False)
    try:
        child.exchange(b"", time.monotonic() + START)
    except (TimeoutError, EOFError):
        child.stop()
        raise
    return child
