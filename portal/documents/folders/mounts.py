"""Whether all writes to some folders go through this machine's kernel.

Only then does the absence of inotify events prove that nothing changed: a folder shared over a
network, or with the host of a virtual machine, is also written to by others.
"""

import os
from collections.abc import Iterable
from pathlib import Path

#: Types of file systems that only one kernel writes to.
OF_ONE_KERNEL = frozenset(
    {"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
)
MOUNTS = Path("/proc/self/mountinfo")


def are_here(folders: Iterable[str]) -> bool:
    """False if it can't be determined."""
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
    """By device the types of its mounts; in a line they follow a separate dash."""
    found: dict[str, set[str]] = {}
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if dash and len(fields) > 2:
            found.setdefault(fields[2], set()).add(after.split()[0] if after.split() else "")
    return found
