"""Thread pools by kind of request, so that load on one leaves the others free."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Lock
from typing import Any, TypeVar

Result = TypeVar("Result")

ROOM = ("/ops", "/client", "/documents")
"""Includes the images of their pages."""
LOGIN = ("/ops/login",)
CHECKS_PASSWORDS = (*LOGIN, "/ops/password")
"""Forms with a password: verifying it takes about 50 ms of processor time."""
GIVES_WAY_SECONDS = 0.25
UPLOADS = ("/me/images",)
"""Posted pictures, of which encoding takes a second each, in another process."""


class PoolFull(Exception):
    """All threads and queue places of a pool are taken."""


class ClientLimit(PoolFull):
    """One client has reached its own limit of requests in the pool."""


class RequestKind(StrEnum):
    """The kind of request: public pages; the status page; staff and clients; login pages; password
    checks; studios' pictures; uploads of these; or static files."""

    PUBLIC = "public"
    STATUS = "status"
    ROOM = "room"
    ENTRANCE = "entrance"
    PASSWORDS = "passwords"
    PICTURES = "pictures"
    UPLOADS = "uploads"
    FILES = "files"


PUBLIC = RequestKind.PUBLIC
ADDRESSES: Mapping[RequestKind, tuple[str, ...]] = {
    RequestKind.ENTRANCE: LOGIN,
    RequestKind.ROOM: ROOM,
    RequestKind.STATUS: ("/status",),
    RequestKind.PICTURES: ("/images",),
    RequestKind.FILES: ("/assets", "/static", "/healthz", "/readyz", "/metrics"),
}
"""The first that contains a path. Pictures may have to be fetched from an object store."""


@dataclass(frozen=True)
class Size:
    """`each`: the maximum number of concurrent requests of one client; None for no limit."""

    threads: int
    waiting: int
    each: int | None = None


SIZES: Mapping[RequestKind, Size] = {
    RequestKind.PUBLIC: Size(threads=4, waiting=300),
    RequestKind.STATUS: Size(threads=2, waiting=300),
    RequestKind.ROOM: Size(threads=4, waiting=100),
    RequestKind.ENTRANCE: Size(threads=1, waiting=100),
    RequestKind.PASSWORDS: Size(threads=2, waiting=20, each=6),
    RequestKind.PICTURES: Size(threads=2, waiting=300),
    RequestKind.UPLOADS: Size(threads=2, waiting=40, each=4),
    RequestKind.FILES: Size(threads=2, waiting=300),
}
"""Few threads: a processor works on one page at a time, and each waiting thread slows the others.
Those that use one database fit together into its connection pool of SQLAlchemy (15): the status
page reads the control room's alone, the other public pages the directory's."""


GIVE_WAY = frozenset({RequestKind.PUBLIC, RequestKind.STATUS})
"""Crowds of visitors, who wait a moment while the control room works."""


def request_kind(path: str, method: str = "GET") -> RequestKind:
    """Leading slashes are collapsed, as the application ignores their number."""
    path = f"/{path.lstrip('/')}"
    if method == "POST" and path in UPLOADS:
        return RequestKind.UPLOADS
    if method == "POST" and _is_below(CHECKS_PASSWORDS, path):
        return RequestKind.PASSWORDS
    return next((kind for kind, below in ADDRESSES.items() if _is_below(below, path)), PUBLIC)


def _is_below(prefixes: tuple[str, ...], path: str) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in prefixes)


class Pool:
    """Some threads and a bounded queue.

    While one of its `elders` has work, only one thread of this pool continues, and the others wait
    a moment before they begin: Python runs one thread at a time, whatever their number.
    """

    def __init__(self, name: str, size: Size, *, elders: Sequence["Pool"] = ()) -> None:
        self._threads = ThreadPoolExecutor(size.threads, thread_name_prefix=name)
        self._limit = size.threads + size.waiting
        self._each = size.each
        self._open: dict[Future[Any], str] = {}
        self._counting = Lock()
        self._elders = elders
        self._turn = Lock()
        self.is_idle = Event()
        self.is_idle.set()

    def submit(self, work: Callable[[], Result], *, of: str = "") -> Future[Result]:
        """Submit work; if cancelled while queued, it is never begun. `of`: the client.

        Raises Crowded or Full.
        """
        if self._each is not None and self._count_of(of) >= self._each:
            raise ClientLimit
        if len(self._open) >= self._limit:
            raise PoolFull
        future = self._threads.submit(self._in_turn, work)
        with self._counting:
            self._open[future] = of
            self.is_idle.clear()
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any]) -> None:
        with self._counting:
            self._open.pop(future, None)
            if not self._open:
                self.is_idle.set()

    def _count_of(self, client: str) -> int:
        with self._counting:
            return sum(each == client for each in self._open.values())

    def _in_turn(self, work: Callable[[], Result]) -> Result:
        busy = next((each for each in self._elders if not each.is_idle.is_set()), None)
        if busy is None:
            return work()
        if self._turn.acquire(blocking=False):
            try:
                return work()
            finally:
                self._turn.release()
        busy.is_idle.wait(GIVES_WAY_SECONDS)
        return work()


DISK = ThreadPoolExecutor(2, thread_name_prefix="disk")
"""File access for the event loop: a slow disk would block all connections."""


async def on_disk(work: Callable[[], Result]) -> Result:
    """Work that was begun is completed even if its caller is cancelled."""
    return await asyncio.wrap_future(DISK.submit(work))


def make_pools(sizes: Mapping[RequestKind, Size]) -> Callable[[str, str], Pool]:
    """A function that returns the pool for a path and a method."""
    pools: dict[RequestKind, Pool] = {
        kind: Pool(kind, size) for kind, size in sizes.items() if kind not in GIVE_WAY
    }
    elders = [
        pools[kind] for kind in (RequestKind.ROOM, RequestKind.ENTRANCE, RequestKind.PASSWORDS)
    ]
    for kind in sizes.keys() & GIVE_WAY:
        pools[kind] = Pool(kind, sizes[kind], elders=elders)
    return lambda path, method: pools[request_kind(path, method)]
