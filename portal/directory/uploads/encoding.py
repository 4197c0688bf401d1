"""Has a picture decoded and encoded in a process of its own, within limits of time and memory.

Each file gets a fresh process: what one file does to a decoder is gone before the next.
"""

import base64
import logging
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from portal.core.errors import Invalid, Unavailable
from portal.core.subprocesses.parent import Child, framed, started
from portal.directory.uploads.checking import require_picture

MODULE = "portal.directory.uploads.child"
#: Seconds that a picture may take, of the processor and by the clock, and that one may wait.
PROCESSOR, SECONDS, TURN = 12, 30.0, 60.0
#: Pictures that are encoded at the same time.
AT_ONCE = 2
FAILED = "The picture can’t be read: decoding it takes too long or too much memory."
_places = threading.BoundedSemaphore(AT_ONCE)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoded:
    """A picture as WebP files without metadata. `files` are by width; 0 is the whole."""

    width: int
    height: int
    files: dict[int, bytes]

    @property
    def name(self) -> str:
        """Made of the content alone: the same picture has the same name."""
        return f"{sha256(self.files[0]).hexdigest()}.webp"

    @property
    def bytes(self) -> int:
        return sum(map(len, self.files.values()))


def encode(data: bytes) -> Encoded:
    """Raises Invalid, with a sentence, for what is no acceptable picture; Unavailable where too
    many are being encoded."""
    require_picture(data)
    if not _places.acquire(timeout=TURN):
        raise Unavailable(
            "Too many pictures are being prepared at the moment.", remedy="Send it again."
        )
    try:
        answer = _answer(data)
    finally:
        _places.release()
    return encoded_in(answer)


def encoded_in(answer: dict[str, Any]) -> Encoded:
    """Raises Invalid with the sentence of the process where it refused the file."""
    if "error" in answer:
        raise Invalid(str(answer["error"]))
    files = {int(size or 0): base64.b64decode(text) for size, text in answer["files"].items()}
    return Encoded(int(answer["width"]), int(answer["height"]), files)


def _answer(data: bytes) -> dict[str, Any]:
    child = _started()
    try:
        return child.exchange(framed(data), time.monotonic() + SECONDS)
    except (TimeoutError, EOFError, OSError, ValueError) as error:
        log.warning("A process that encodes a picture was stopped (%s).", type(error).__name__)
        raise Invalid(FAILED, remedy="Save it again with another program.") from error
    finally:
        child.stop()


def _started() -> Child:
    try:
        return started(MODULE, str(PROCESSOR))
    except (TimeoutError, EOFError, OSError) as error:
        log.warning("No process could be started that encodes pictures: %r", error)
        raise Unavailable("Pictures can’t be prepared at the moment.") from error
