"""The parent's side of the rendering child: started on demand, stopped when it takes too long.

There is one child per process: forked workers start their own. Threads take turns.
"""

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from portal.core.subprocesses.parent import Child, started

#: Seconds for one render, and to wait for a turn.
SECONDS, TURN = 2.0, 10.0
#: Threads that may wait here, and the seconds of a running render from which on others do not wait
#: but stay available for pages without rendering.
PLACES, CROWDED, _STEP = 4, 0.4, 0.05
#: Multiple of the time limit after which an abandoned child ends itself.
ALONE = 2


class RenderFailed(Exception):
    """Why there is no HTML, as the end of the sentence "This text could not be laid out: …"."""


class RenderBusy(RenderFailed):
    """The renderer is busy; the text is not the cause."""

    def __init__(self) -> None:
        super().__init__("the renderer is busy")


class Renderer:
    """Sends texts to the child, one at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(PLACES)
        self._child: Child | None = None
        self._since: float | None = None

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child else None

    def html(self, source: str) -> tuple[str, list[tuple[int, str, str]]]:
        """HTML and table of contents. Raises RenderFailed, after at most a turn and a render."""
        with self._place():
            answer = self._answer(source)
        if "error" in answer:
            raise RenderFailed(str(answer["error"]))
        return answer["html"], [(level, text, name) for level, text, name in answer["toc"]]

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Acquire one of the few places to wait, then the turn. Raises RenderBusy."""
        until = time.monotonic() + TURN
        while not self._places.acquire(timeout=_STEP):
            if time.monotonic() > until or self._is_slow:
                raise RenderBusy
        try:
            if not self._turn.acquire(timeout=TURN):
                raise RenderBusy
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()

    @property
    def _is_slow(self) -> bool:
        since = self._since
        return since is not None and time.monotonic() - since > CROWDED

    def _answer(self, source: str) -> dict[str, Any]:
        try:
            child = self._running()
            self._since = time.monotonic()
            return child.ask(source, SECONDS)
        except TimeoutError as error:
            self.stop()
            raise RenderFailed(f"it takes longer than {SECONDS:g} seconds") from error
        except (EOFError, OSError, ValueError) as error:
            self.stop()
            raise RenderFailed("the renderer stopped on it") from error
        finally:
            self._since = None

    def _running(self) -> Child:
        """The running child; one that died while idle is replaced."""
        if self._child and self._child.process.poll() is not None:
            self.stop()
        self._child = self._child or started(
            "portal.documents.rendering.child", str(ALONE * SECONDS)
        )
        return self._child

    def stop(self) -> None:
        child, self._child = self._child, None
        if child:
            child.stop()

    def forget(self) -> None:
        """Reset after a fork: the child belongs to the parent, and the locks may be held."""
        self._turn = threading.Lock()
        self._places, self._since = threading.BoundedSemaphore(PLACES), None
        child, self._child = self._child, None
        if child:
            child.close()
            child.process.returncode = 0


renderer = Renderer()
os.register_at_fork(after_in_child=renderer.forget)
atexit.register(renderer.stop)
