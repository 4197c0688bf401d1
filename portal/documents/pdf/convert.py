"""HTML in, PDF out: in a separate process with limits, one at a time.

The child gets no secrets, fetches nothing from the network, and opens only the files named here.
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

#: CPU seconds for one PDF, seconds of wall time for it, and seconds to wait for a turn: the machine
#: may be busy with other work.
SECONDS, PATIENCE, TURN = 15, 40.0, 15.0
#: File names as in Debian's packages.
PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
PRINT = "Open the page and print it from the browser instead."
_WHY = {
    TOO_DEEP: "it is nested too deeply",
    TOO_LARGE: "it needs too much memory",
    FAILED: "the layout stumbled on it",
}
#: Threads that may wait here at once, and seconds to wait for a free place: all others stay
#: available for pages.
PLACES, CROWDED = 3, 0.4
_turn, _places = threading.Lock(), threading.BoundedSemaphore(PLACES)


class Busy(Unavailable):
    """The service is busy; the document is not the cause."""

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

    `cache` is a folder for the font cache. The same input gives the same bytes. Raises Unavailable
    if it takes too long or a system library is missing.
    """
    named = {address: str(path) for address, path in files.items()}
    asked = {"html": html, "css": css, "base_url": base_url, "files": named}
    with _place():
        return _made(json.dumps(asked).encode(), cache, seconds)


@contextmanager
def _place() -> Iterator[None]:
    """Acquire one of the few places to wait, then the turn. Raises Busy."""
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
    """A minimal environment without secrets; the fixed values make the output reproducible."""
    return {
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "XDG_CACHE_HOME": str(cache),
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
    }


def _failure(code: int, seconds: int) -> Unavailable:
    """The error of an exit code; a negative one is a signal, from which a limit is concluded."""
    if code == NO_LIBRARY:
        return Unavailable(
            "No PDF can be made on this machine: a library for laying out text is missing.",
            remedy=f"Its operator can install it: apt-get install {' '.join(PACKAGES)}.",
        )
    why = f"it takes longer than {seconds} seconds" if code < 0 else _WHY.get(code, _WHY[FAILED])
    return Unavailable(f"No PDF could be made of this: {why}.", remedy=PRINT)
