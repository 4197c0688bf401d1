"""Resources of the product under load: memory, files, connections, lag."""

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.load.places import Place

EVERY, LAG_EVERY = 2.0, 0.05
SERVES = ("gunicorn", "uvicorn", "hypercorn", "waitress")
LOCKS = re.compile(
    r"database is locked|database is busy|lock timeout|LockNotAvailable|deadlock detected"
    r"|holds its lock|TimeoutError: QueuePool",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Look:
    """One sample, in bytes: memory of each process by title, and the size of the
    write-ahead logs."""

    at: float
    memory: dict[str, int]
    files: dict[str, int]
    wal: int
    connections: int


@dataclass
class Watch:
    place: Place
    looks: list[Look] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)

    async def go_on(self) -> None:
        """Until it is cancelled. Sampling runs in a thread, as /proc is not always fast."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            group.create_task(self._lag())

    async def _look(self) -> None:
        began = time.monotonic()
        while True:
            look = await asyncio.to_thread(look_at, self.place, time.monotonic() - began)
            self.looks.append(look)
            await asyncio.sleep(EVERY)

    async def _lag(self) -> None:
        """The lag of this process's event loop: responses appear to be later by this much."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(LAG_EVERY)
            self.lags.append(time.perf_counter() - before - LAG_EVERY)


def look_at(place: Place, at: float) -> Look:
    memory, files = {}, {}
    for process in place.processes():
        with suppress(psutil.Error):
            if title := _title(process):
                memory[title] = process.memory_info().rss
                files[title] = process.num_fds()
    return Look(at, memory, files, _wal(place), _connections(place))


def locks_named(logs: list[Path]) -> list[str]:
    """Log lines that report a lock timeout."""
    lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
    return [line for line in lines if LOCKS.search(line)]


def _title(process: psutil.Process) -> str | None:
    """The title of a process that serves pages or works for them; None for shells and for
    launchers."""
    words = " ".join(process.cmdline())
    if "jobs work" in words:
        return f"worker ({process.pid})"
    if not any(name in words for name in SERVES):
        return None
    if _starters(process) != 1:
        return None  # the arbiter, or a helper forked by a process of the site
    site = process.environ().get("PORTAL_ENV", "development")
    return f"web, {site} ({process.pid})"


def _starters(process: psutil.Process) -> int:
    """The number of its ancestors that run the same program: 0 for an arbiter."""
    return sum(each.cmdline() == process.cmdline() for each in process.parents())


def _wal(place: Place) -> int:
    if place.database:
        with place.database.connect() as session:
            row = session.execute("SELECT sum(size) FROM pg_ls_waldir()").fetchone()
            return int(row[0]) if row and row[0] else 0
    files = place.data.glob("*-wal")
    sizes = []
    for each in files:
        with suppress(OSError):
            sizes.append(each.stat().st_size)
    return max(sizes, default=0)


def _connections(place: Place) -> int:
    """Sessions at the server; on SQLite, files that the sites' processes hold open."""
    if place.database is None:
        return 0
    with place.database.connect() as session:
        row = session.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND datname LIKE 'load_%'"
        ).fetchone()
        return int(row[0]) if row else 0
