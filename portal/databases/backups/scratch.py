"""Scratch: private folders for restored copies, wiped after use or, after a crash, by the next use.

A copy of production is as confidential as production. A folder belongs to the process that holds
its lock; one whose lock is free was left behind by a process that died.
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
from portal.core.files.private import OWN_FOLDER, make_folder
from portal.databases.engines.copies import drop_scratch
from portal.databases.targets.config import targets

LOCK = "lock"


def scratch_root() -> Path:
    """The folder for all scratch; nothing outside of it may be used for a rehearsal."""
    return settings().data / "scratch"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder (mode 0700), deleted when the block ends."""
    root = scratch_root()
    make_folder(root).chmod(OWN_FOLDER)
    wipe_left_behind()
    folder = Path(tempfile.mkdtemp(prefix="copy-", dir=root))
    try:
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        _wipe(folder)


def wipe_left_behind() -> int:
    """Remove what dead processes left behind; returns the number of folders."""
    left = [each for each in scratch_root().glob("copy-*") if _is_ours(each) and _is_left(each)]
    for folder in left:
        _wipe(folder)
    return len(left)


def _wipe(folder: Path) -> None:
    """The folder is kept while a server with one of its databases does not answer."""
    if drop_scratch(folder, [*(target.url for target in targets()), settings().ops_changing_url]):
        _remove(folder)


def _remove(folder: Path) -> None:
    """The lock goes last: without it, the rest of an interrupted removal would have no owner."""
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
    """Whether it was created here: a folder with a lock, or an empty one whose creator died early.

    PORTAL_DATA may point to the wrong place; folders of other programs are left alone.
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
        # its creator is between creating the folder and the lock, or died there long ago
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
