"""HTML in, PDF out: in a process of its own that can be stopped, one at a time.

The child gets no secrets, fetches nothing from the network, and opens no file but those named here.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from portal.core.configuration.settings import ROOT
from portal.core.errors import Unavailable
from portal.documents.pdf.child import FAILED, NO_LIBRARY, TOO_DEEP, TOO_LARGE

#: Seconds of computing for one PDF, and seconds on the clock for it and for a turn: a machine
#: may be busy with other things.
SECONDS, PATIENCE, TURN = 15, 40.0, 15.0
#: Debian's names.
PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
PRINT = "Open the page and print it from the browser instead."
_WHY = {
    TOO_DEEP: "it is nested too deeply",
    TOO_LARGE: "it needs too much memory",
    FAILED: "the layout stumbled on it",
}
#: Threads that may be in here at once, and seconds in which one of the places must come free: the
#: others go on to answer pages.
PLACES, CROWDED = 3, 0.4
_turn, _places = threading.Lock(), threading.BoundedSemaphore(PLACES)


class Busy(Unavailable):
    """The document has nothing to do with it."""

    def __init__(self) -> None:
        super().__init__("The machine is busy with other PDFs.", remedy="Try again in a minute.")


def html_to_pdf(
    html: str,
    *,
    css: str,
    base_url: str,
    files: Mapping[str, Path],
    cache: Path,
    seconds: int = SECONDS,
) -> bytes:
    """The PDF of a whole HTML page. `files` maps absolute addresses of images to files.

    `cache` is a folder where the machine's fonts are noted down. The same input gives the same
    bytes. Raises Unavailable where it takes too long or a library of the system is missing.
    """
    named = {address: str(path) for address, path in files.items()}
    asked = {"html": html, "css": css, "base_url": base_url, "files": named}
    with _place():
        return _made(json.dumps(asked).encode(), cache, seconds)


@contextmanager
def _place() -> Iterator[None]:
    """A place among the few that may wait, and then the turn. Raises Busy."""
    if not _places.acquire(timeout=CROWDED):
        raise Busy
    try:
        if not _turn.acquire(timeout=TURN):
            raise Busy
        try:
            yield
        finally:
            _turn.release()
    finally:
        _places.release()


def _made(asked: bytes, cache: Path, seconds: int) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "portal.documents.pdf.child", str(seconds)],
            input=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(cache),
            cwd=ROOT,
            start_new_session=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _failure(-1, seconds) from error
    if done.returncode == 0:
        return done.stdout
    raise _failure(done.returncode, seconds)


def _environment(cache: Path) -> dict[str, str]:
    """Bare: the child needs none of the secrets. The fixed values make its bytes repeatable."""
    return {
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "XDG_CACHE_HOME": str(cache),
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
    }


def _failure(code: int, seconds: int) -> Unavailable:
    """What an exit code means; one below zero is a signal's, and so a limit's."""
    if code == NO_LIBRARY:
        return Unavailable(
            "No PDF can be made on this machine: a library for laying out text is missing.",
            remedy=f"Whoever runs it can install it: apt-get install {' '.join(PACKAGES)}.",
        )
    why = f"it takes longer than {seconds} seconds" if code < 0 else _WHY.get(code, _WHY[FAILED])
    return Unavailable(f"No PDF could be made of this: {why}.", remedy=PRINT)
