"""Scratch: private places for restored copies, wiped after use and, after a crash, at the next.

A copy of production is as personal as production. A folder belongs to the process that holds its
lock; one whose lock is free was left behind by a process that died.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from portal.core.configuration.settings import settings
from portal.databases.engines.copies import drop_scratch
from portal.databases.targets.config import targets

LOCK = "lock"


def scratch_root() -> Path:
    """The folder that holds all scratch; nothing outside of it may be rehearsed on."""
    return settings().data / "scratch"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of one's own (mode 0700), gone when the block ends."""
    root = scratch_root()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    wipe_left_behind()
    folder = Path(tempfile.mkdtemp(prefix="copy-", dir=root))
    try:
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        _wipe(folder)


def wipe_left_behind() -> int:
    """Remove what dead processes left; returns how many folders that were."""
    left = [each for each in scratch_root().glob("copy-*") if _is_ours(each) and _is_left(each)]
    for folder in left:
        _wipe(folder)
    return len(left)


def _wipe(folder: Path) -> None:
    """The folder stays while a server does not answer that has a database of it."""
    if drop_scratch(folder, [*(target.url for target in targets()), settings().ops_changing_url]):
        _remove(folder)


def _remove(folder: Path) -> None:
    """The lock goes last: without it, what a cut left of a copy would be nobody's for ever."""
    lock = folder / LOCK
    with suppress(OSError):
        for each in set(folder.iterdir()) - {lock}:
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)
        if not set(folder.iterdir()) - {lock}:
            lock.unlink(missing_ok=True)
            folder.rmdir()


def _is_ours(folder: Path) -> bool:
    """Made here: a folder with a lock, or an empty one, whose maker died before it had one.

    PORTAL_DATA may lead to another place than it should; somebody else's folder is left alone.
    """
    if folder.is_symlink() or not folder.is_dir():
        return False
    return (folder / LOCK).is_file() or not any(folder.iterdir())


def _is_left(folder: Path) -> bool:
    return not _is_in_use(folder)


def _is_in_use(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        # its maker stands between making the folder and the lock, or died there long ago
        return _is_young(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return _is_young(folder, seconds=1)


def _is_young(folder: Path, *, seconds: float = 60) -> bool:
    try:
        return time.time() - folder.stat().st_mtime < seconds
    except FileNotFoundError:
        return False
