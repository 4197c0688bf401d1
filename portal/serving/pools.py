"""Threads for each kind of request, so that a crowd at one door leaves the others free."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")

ROOM = ("/ops", "/client")
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
    if _is_below(ROOM, path):
        return Door.ROOM
    return Door.FILES if _is_below(FILES, path) else Door.PUBLIC


def _is_below(doors: tuple[str, ...], path: str) -> bool:
    return any(path == door or path.startswith(f"{door}/") for door in doors)


class Pool:
    """Some threads and a bounded queue before them."""

    def __init__(self, name: str, size: Size) -> None:
        self._threads = ThreadPoolExecutor(size.threads, thread_name_prefix=name)
        self._limit = size.threads + size.waiting
        self._open: set[Future[Any]] = set()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Work that is cancelled while it waits is never begun. Raises Full."""
        if len(self._open) >= self._limit:
            raise Full
        future = self._threads.submit(work)
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        return future


def make_pools(sizes: Mapping[Door, Size]) -> Callable[[str], Pool]:
    """Which pool a path goes to."""
    pools = {door: Pool(door, size) for door, size in sizes.items()}
    return partial(_pool_of, pools)


def _pool_of(pools: dict[Door, Pool], path: str) -> Pool:
    return pools[door_of(path)]
