"""Threads for each kind of request, so that a crowd at one door leaves the others free."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Lock
from typing import Any, TypeVar

Result = TypeVar("Result")

ROOM = ("/ops", "/client", "/documents")
"""With the pictures in what their pages show."""
GIVES_WAY_SECONDS = 0.25
FILES = ("/assets", "/static", "/healthz", "/readyz")


class Full(Exception):
    """All threads of a pool are taken, and so are its places to wait."""


class Door(StrEnum):
    """Who asks: the public; staff and clients; or a page for what it is drawn with."""

    PUBLIC = "public"
    ROOM = "room"
    FILES = "files"


@dataclass(frozen=True)
class Size:
    threads: int
    waiting: int


SIZES: Mapping[Door, Size] = {
    Door.PUBLIC: Size(threads=4, waiting=300),
    Door.ROOM: Size(threads=4, waiting=100),
    Door.FILES: Size(threads=2, waiting=300),
}
"""Few threads: one processor works at one page at a time, and each that waits for it slows the
others. All of them together get a connection of the pools of SQLAlchemy (15 a database)."""


def door_of(path: str) -> Door:
    """The application ignores how many slashes an address begins with."""
    path = f"/{path.lstrip('/')}"
    if _is_below(ROOM, path):
        return Door.ROOM
    return Door.FILES if _is_below(FILES, path) else Door.PUBLIC


def _is_below(doors: tuple[str, ...], path: str) -> bool:
    return any(path == door or path.startswith(f"{door}/") for door in doors)


class Pool:
    """Some threads and a bounded queue before them.

    While `elder` has work, one thread here works on, and the others wait a moment before they
    begin something: Python runs one thread at a time, whatever their number.
    """

    def __init__(self, name: str, size: Size, *, elder: "Pool | None" = None) -> None:
        self._threads = ThreadPoolExecutor(size.threads, thread_name_prefix=name)
        self._limit = size.threads + size.waiting
        self._open: set[Future[Any]] = set()
        self._counting = Lock()
        self._elder = elder
        self._turn = Lock()
        self.is_idle = Event()
        self.is_idle.set()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Work that is cancelled while it waits is never begun. Raises Full."""
        if len(self._open) >= self._limit:
            raise Full
        future = self._threads.submit(self._in_turn, work)
        with self._counting:
            self._open.add(future)
            self.is_idle.clear()
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any]) -> None:
        with self._counting:
            self._open.discard(future)
            if not self._open:
                self.is_idle.set()

    def _in_turn(self, work: Callable[[], Result]) -> Result:
        if self._elder is None or self._elder.is_idle.is_set():
            return work()
        if self._turn.acquire(blocking=False):
            try:
                return work()
            finally:
                self._turn.release()
        self._elder.is_idle.wait(GIVES_WAY_SECONDS)
        return work()


def make_pools(sizes: Mapping[Door, Size]) -> Callable[[str], Pool]:
    """Which pool a path goes to."""
    room = Pool(Door.ROOM, sizes[Door.ROOM])
    pools = {
        Door.ROOM: room,
        Door.PUBLIC: Pool(Door.PUBLIC, sizes[Door.PUBLIC], elder=room),
        Door.FILES: Pool(Door.FILES, sizes[Door.FILES]),
    }
    return lambda path: pools[door_of(path)]
