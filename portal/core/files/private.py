"""New files and folders, for their owner alone, or also for the group of a shared folder.

A folder is shared if it is setgid and its group may do everything in it, as PORTAL_GROUP wants it.
What is created in it gets its group, from the kernel, and the same rights. No umask changes that.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

OWN_FILE, SHARED_FILE = 0o600, 0o660
OWN_FOLDER, SHARED_FOLDER = 0o700, 0o2770


def is_shared(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID) and mode & stat.S_IRWXG == stat.S_IRWXG


def make_folder(folder: Path) -> Path:
    """Create it with its parents, where they do not exist. Raises OSError."""
    if folder.exists():
        return folder
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        with suppress(FileExistsError):
            each.mkdir(mode=OWN_FOLDER)
            if is_shared(each.parent):
                each.chmod(SHARED_FOLDER)
    return folder


def create_private(path: Path, flags: int = os.O_RDWR, *, alone: bool = False) -> int:
    """Create a file, and return its descriptor. Raises FileExistsError, OSError.

    `alone`: for its owner, in a shared folder too.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, OWN_FILE)
    os.fchmod(descriptor, SHARED_FILE if not alone and is_shared(path.parent) else OWN_FILE)
    return descriptor


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """The same, or open the file that exists."""
    try:
        return create_private(path, flags)
    except FileExistsError:
        return os.open(path, flags)


def narrow(path: Path, forbidden: int) -> bool:
    """Take these rights away from it; a link is not followed. False if nothing was changed, also
    where it is another user's.

    The file is named, not opened: closing a descriptor of a SQLite file ends this process's locks
    on it. Source: sqlite.org, How To Corrupt An SQLite Database File, 2.2.
    """
    try:
        facts = path.lstat()
        if stat.S_ISLNK(facts.st_mode) or not facts.st_mode & forbidden:
            return False
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode) & ~forbidden
        os.chmod(f"/proc/self/fd/{descriptor}", mode)  # noqa: PTH101 — of the file that was named
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def write_whole(path: Path, content: bytes, *, durably: bool = True) -> None:
    """Write a file so that a reader, or a restart after a crash, finds the old or the new content.

    Creates its folder. Raises OSError. A link at that path is replaced, not followed.
    """
    make_folder(path.parent)
    temporary = _part_beside(path)
    try:
        _write(temporary, content, durably=durably)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durably:
        keep_names(path.parent)


def write_once(path: Path, content: bytes, *, alone: bool = False) -> bool:
    """Write a new file, whole or not at all. False if there is one; it stays as it is.

    Raises OSError.
    """
    temporary = _part_beside(path)
    try:
        _write(temporary, content, alone=alone)
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    keep_names(path.parent)
    return True


def keep_names(folder: Path) -> None:
    """Sync the directory, which makes a rename in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _part_beside(path: Path) -> Path:
    return path.parent / f".{secrets.token_hex(8)}.part"


def _write(path: Path, content: bytes, *, durably: bool = True, alone: bool = False) -> None:
    with os.fdopen(create_private(path, os.O_WRONLY, alone=alone), "wb") as file:
        file.write(content)
        file.flush()
        if durably:
            os.fsync(file.fileno())
