"""The operating system's codes, and what it says about a file and its disk."""

import errno
import os
import re
import resource
from collections.abc import Callable
from pathlib import Path

NAMES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "full"),
    errno.EROFS: "read-only",
    **dict.fromkeys((errno.EACCES, errno.EPERM), "no rights"),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO), "unreachable"),
}
MOUNTS = Path("/proc/self/mountinfo")
LEAST = 64 * 1024
"""Bytes; with less, a disk is full: SQLite grows its files by more than that at once."""


def cause_name(error: OSError) -> str | None:
    return NAMES.get(error.errno or 0)


def disk_of(path: Path) -> Path:
    """Where the disk with this path is mounted; the nearest folder that exists decides."""
    found, mounts = _nearest(path.resolve()), _mounts()
    while found.parent != found and not (str(found) in mounts or found.is_mount()):
        found = found.parent
    return found


def _mounts() -> set[str]:
    """Also folders that are mounted from the same device. Empty where the kernel has no list."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), each.split()[4])
            for each in lines}  # fmt: skip


def free_on(path: Path) -> int | None:
    """Bytes that this process may still write there; 0 without a free inode. None if unknown."""
    try:
        facts = os.statvfs(_nearest(path.absolute()))
    except OSError:
        return None
    has_inodes = facts.f_files == 0 or facts.f_favail > 0
    return facts.f_bavail * facts.f_frsize if has_inodes else 0


def is_full(path: Path) -> bool:
    free = free_on(path)
    return free is not None and free < LEAST


def is_limited(path: Path) -> bool:
    """Whether files of this process may not grow beyond about the size that these have."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit == resource.RLIM_INFINITY:
        return False
    return any(_size(Path(f"{path}{end}")) + LEAST > limit for end in ("", "-wal", "-journal"))


def is_mounted_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(_nearest(path.absolute())).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def may(path: Path, mode: int) -> bool:
    """Of the user that this process acts as, not of the one that started it."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def obstacle(file: Path) -> str | None:
    """What keeps this process from reading a database's file and writing it, as far as is seen."""
    folder = file.parent
    checks: dict[str, Callable[[], bool]] = {
        "missing": lambda: not file.is_file(),
        "read-only": lambda: may(file, os.R_OK) and is_mounted_read_only(file),
        "no rights": lambda: not (may(file, os.R_OK | os.W_OK) and may(folder, os.W_OK | os.X_OK)),
        "full": lambda: is_full(file) or is_limited(file),
    }
    try:
        return next((name for name, is_so in checks.items() if is_so()), None)
    except PermissionError:
        return "no rights"


def _nearest(path: Path) -> Path:
    while not path.exists() and path.parent != path:
        path = path.parent
    return path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
