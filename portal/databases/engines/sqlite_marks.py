"""Marks of a SQLite file: equal marks prove that there was no commit in between.

They are what the kernel reports of the file and of its WAL: device, inode, size, times. The file is
never opened for that: closing it would release the locks that SQLite holds on it in this process.
Marks prove something only

- where they are older than the clock's step by far: a second change within it would look the same;
- where no writer was between its last byte and the moment at which others see it, which an `fsync`
  may delay: the kernel's list of locks shows such a writer, in any process;
- where one kernel sees every write, and every process: no network, no other machine, no container.

If any of that is not known there are no marks, and nothing is cached.
"""

import os
import time
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

from portal.core.storage.busy import LOCKS, WAL_WRITER
from portal.documents.folders.mounts import are_here

SETTLED = 2.0
"""Seconds: coarser than the timestamps of any file system."""
FIRST_PID_NAMESPACE = 0xEFFFFFFC
"""Inode of the initial PID namespace: in another one, locks of processes outside of it are not in
the list of locks.
"""

Marks = tuple[tuple[int, ...] | None, ...]


def marks_of(file: str, *, settled: float | None = None) -> Marks | None:
    """To be read before the file is, and compared before what was read is used again.

    None if they would prove nothing. `settled`: how old they have to be, in seconds.
    """
    try:
        facts = os.lstat(file)
        log = _log_of(file)
    except OSError:
        return None
    if not S_ISREG(facts.st_mode):  # for a link, SQLite's WAL is next to the file that it leads to
        return None
    if not _is_settled(facts, SETTLED if settled is None else settled, log):
        return None
    if _is_there(f"{file}-journal") or not _is_here(str(Path(file).parent), facts.st_dev):
        return None
    return (*_of(facts), facts.st_ctime_ns), _of(log) if log else None


def nobody_commits(file: str) -> bool:
    """Whether no process holds the lock of the WAL's writer. False if that is not known.

    Devices are not compared: some file systems report others in the list of locks than elsewhere.
    """
    try:
        index = os.stat(f"{file}-shm").st_ino  # noqa: PTH116 — as above
    except FileNotFoundError:
        return True  # no process has it open
    except OSError:
        return False
    try:
        lines = [line.split() for line in LOCKS.read_text().splitlines()]
    except OSError:
        return False
    held = [each for each in lines if len(each) == 8 and each[3] == "WRITE"]
    return not any(_is_of(each, index) for each in held)


def _is_of(lock: list[str], inode: int) -> bool:
    """A line's last three fields are the file and the first and last byte that are locked."""
    _, _, number = lock[5].rpartition(":")
    last = lock[7]
    covers = int(lock[6]) <= WAL_WRITER and (last == "EOF" or int(last) >= WAL_WRITER)
    return number == str(inode) and covers


def _log_of(file: str) -> os.stat_result | None:
    try:
        return os.stat(f"{file}-wal")  # noqa: PTH116 — called several times per page
    except FileNotFoundError:
        return None


def _is_settled(facts: os.stat_result, settled: float, log: os.stat_result | None) -> bool:
    times = [facts.st_mtime, facts.st_ctime]
    times += [log.st_mtime] if log else []
    return time.time() - max(times) > settled  # False for times in the future


def _of(facts: os.stat_result) -> tuple[int, ...]:
    """Without the WAL's ctime: as root, SQLite sets its owner whenever it opens it."""
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


def _is_there(file: str) -> bool:
    try:
        os.lstat(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


@lru_cache(maxsize=64)
def _is_here(folder: str, _device: int) -> bool:
    """Cached by folder and device: a file system that is mounted there later has another number."""
    try:
        ours = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116 — as above
    except OSError:
        return False
    return ours == FIRST_PID_NAMESPACE and are_here([folder])
