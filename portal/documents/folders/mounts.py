"""Whether all that is written into some folders goes through this machine's kernel.

Only then does its silence say something: into a folder that is shared over a network, or with the
host of a virtual machine, others write without it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

#: Kinds of file systems that one kernel alone writes to.
OF_ONE_KERNEL = frozenset(
    {"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
)
MOUNTS = Path("/proc/self/mountinfo")


def are_here(folders: Iterable[str]) -> bool:
    """False where that is not known."""
    try:
        devices = {Path(folder).stat().st_dev for folder in folders}
        kinds = _kinds(MOUNTS.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False
    names = [f"{os.major(device)}:{os.minor(device)}" for device in devices]
    return bool(names) and all(
        kinds.get(name, set()) and kinds[name] <= OF_ONE_KERNEL for name in names
    )


def _kinds(mounts: str) -> dict[str, set[str]]:
    """By device the kinds of its mounts; a line has them behind a dash that stands alone."""
    found: dict[str, set[str]] = {}
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if dash and len(fields) > 2:
            found.setdefault(fields[2], set()).add(after.split()[0] if after.split() else "")
    return found
