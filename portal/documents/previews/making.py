"""Runs preview processes: started on demand, each supervised by one thread.

No request waits in these threads. A process that takes too long or dies is stopped and replaced; an
idle one ends. The queue is bounded, and for each page only its newest text waits.
"""

import atexit
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from portal.core.errors import Unavailable
from portal.core.subprocesses.parent import Child, framed, started
from portal.documents.rendering import process

_log = logging.getLogger(__name__)
#: Time limit of one preview, and idle time after which a process ends, in seconds.
SECONDS, IDLE = 8.0, 600.0
#: Limits: processes, queued previews, and queued previews of one person.
MOST, WAITING, OF_ONE = 2, 32, 12
MODULE = "portal.documents.previews.child"
#: Modules that a process imports at its start; others are imported when needed.
FEATURES = ("portal.incidents.writing", "portal.emails.writing")
LATER = "A later text of the same page was asked for."
STOPPED = "The preview could not be made: the process that makes it stopped. Ask for it again."

Answer = dict[str, Any]


@dataclass(eq=False)
class _Job:
    person: int
    page: str
    frame: bytes
    future: "Future[Answer]" = field(default_factory=Future)

    def end(self, answer: Answer) -> None:
        """Set the result. Callbacks may raise; the caller must survive that."""
        self.future.set_result(answer)


class PreviewProcesses:
    """`start` returns a process that has reported ready."""

    def __init__(self, start: Callable[[], Child] | None = None) -> None:
        self._start = start or _start
        self.forget()

    def forget(self) -> None:
        """Reset after a fork: threads and processes are the parent's, and the lock may be held."""
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._threads = self._idle = 0
        for child in getattr(self, "_children", ()):
            child.close()
            child.process.returncode = 0
        self._children: set[Child] = set()

    @property
    def pids(self) -> list[int]:
        return [child.process.pid for child in list(self._children)]

    def ask(self, asked: Answer, *, person: int, page: str) -> "Future[Answer]":
        """The result, `{"error": …}` if it fails. Raises Unavailable if the queue is full."""
        job = _Job(person, page, framed(json.dumps(asked).encode()))
        with self._changed:
            earlier = self._take_back(person, page)
            own = sum(each.person == person for each in self._waiting)
            is_full = len(self._waiting) >= WAITING or own >= OF_ONE
            if not is_full:
                self._waiting.append(job)
                self._start_thread_if_needed()
                self._changed.notify()
        for each in earlier:
            each.end({"error": LATER})
        if is_full:
            raise Unavailable(
                "Too many previews are being made at the moment.",
                remedy="Ask for it again in a few seconds.",
            )
        return job.future

    def stop(self) -> None:
        """Stop all processes, busy or not."""
        while self._children:
            self._children.pop().stop()

    def _take_back(self, person: int, page: str) -> list[_Job]:
        """Remove and return the queued jobs of the same page."""
        same = (person, page)
        earlier = [each for each in self._waiting if page and (each.person, each.page) == same]
        for each in earlier:
            self._waiting.remove(each)
        return earlier

    def _start_thread_if_needed(self) -> None:
        if self._idle < len(self._waiting) and self._threads < MOST:
            self._threads += 1
            threading.Thread(target=self._work, name="previews", daemon=True).start()

    def _work(self) -> None:
        child: Child | None = None
        while job := self._next():
            child, answer = self._made(job, child)
            try:
                job.end(answer)
            except Exception:
                _log.exception("A preview that was made could not be handed on.")
        if child:
            self._end(child)

    def _next(self) -> _Job | None:
        """None after the idle time; the calling thread is then no longer counted."""
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: bool(self._waiting), timeout=IDLE)
            self._idle -= 1
            if self._waiting:
                return self._waiting.popleft()
            self._threads -= 1
            return None

    def _made(self, job: _Job, child: Child | None) -> tuple[Child | None, Answer]:
        """The result, and the process for the next job."""
        try:
            child = self._alive(child) or self._begin()
            found = child.exchange(job.frame, time.monotonic() + SECONDS)
            return child, _sentence(found)
        except TimeoutError:
            why = f"The preview could not be made: it takes longer than {SECONDS:g} seconds."
            _log.warning("A preview took longer than %g seconds; its process was stopped.", SECONDS)
        except Exception as error:
            why = STOPPED
            _log.warning("A process that makes previews stopped (%s).", type(error).__name__)
        if child:
            self._end(child)
        return None, {"error": why}

    def _alive(self, child: Child | None) -> Child | None:
        """The child, or None if it has died while idle."""
        if child and child.process.poll() is not None:
            self._end(child)
            return None
        return child

    def _begin(self) -> Child:
        child = self._start()
        self._children.add(child)
        return child

    def _end(self, child: Child) -> None:
        self._children.discard(child)
        child.stop()


def _start() -> Child:
    limits = (str(process.SECONDS), str(SECONDS * process.ALONE))
    return started(MODULE, *limits, *FEATURES)


def _sentence(found: Answer) -> Answer:
    if "error" not in found:
        return found
    return {"error": f"The preview could not be made: {found['error']}."}


makers = PreviewProcesses()
os.register_at_fork(after_in_child=makers.forget)
atexit.register(makers.stop)
