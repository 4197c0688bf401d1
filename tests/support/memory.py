"""Where tests keep what they throw away: in memory where there is room, else on the disk."""

import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 — only where it is a disk in memory
ROOMY = 2 * 1024**3


def folder_in_memory() -> Path | None:
    """None where there is no such folder, or too little room in it."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOMY:
        return MEMORY
    return None
