"""Disk, folders, the backup key and the clock: what every backup needs of this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from portal.core.configuration.settings import settings, sqlite_path
from portal.databases.backups.key import key_fault
from portal.databases.backups.scratch import scratch_root
from portal.databases.policies.release_gate import clock_differences
from portal.databases.preflight.findings import ALL, Found, Stops, Subject

COPIES = 3
"""What a change needs, in sizes of the database: backup, restored copy, a copy of the present."""
LEAST_FREE = 100_000_000


def disk(subject: Subject) -> Iterator[Found]:
    """Free space where copies are made; a server's own disk only where this machine shows it."""
    size = subject.engine.size() if subject.reached else 0
    needed = max(LEAST_FREE, COPIES * size)
    for place in _places(subject):
        if (free := shutil.disk_usage(place).free) < needed:
            yield Found(
                f"{_megabytes(free)} are free at {place}, and a change with its backup takes up to"
                f" {_megabytes(needed)}.",
                "Make room there; old backups are removed by: flask databases tidy",
                ALL,
                in_check=False,
            )
    if sqlite_path(subject.url) is None:
        yield Found(
            "The disk of the database's server can't be measured from here. A backup or a change"
            f" takes {_megabytes(max(LEAST_FREE, size))} there beside the database, a restore"
            f" {_megabytes(max(LEAST_FREE, 2 * size))}.",
            ("Look at it on the server: df -h \"$(psql -Atc 'SHOW data_directory')\"",),
            in_check=False,
        )


def _places(subject: Subject) -> list[Path]:
    """A folder on each disk."""
    file = sqlite_path(subject.url)
    found: dict[int, Path] = {}
    for each in (settings().data, *([file.parent] if file else [])):
        if (there := _nearest(each)) is not None:
            found.setdefault(there.stat().st_dev, there)
    return list(found.values())


def _nearest(folder: Path) -> Path | None:
    """The folder, or the one above it in which it will be made."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), None)


def folders(subject: Subject) -> Iterator[Found]:
    """Where a backup and its restored copy are written."""
    for folder in (settings().data / "backups", scratch_root()):
        there = _nearest(folder)
        if folder.exists() and not folder.is_dir():
            yield Found(f"{folder} is no folder, so no backup can be written.",
                        f"Move it away: mv {folder} {folder}.old", ALL)  # fmt: skip
        elif there is None or not os.access(there, os.W_OK | os.X_OK):
            yield Found(
                f"This user may not write in {there or folder}, where {subject.name}'s backups are"
                " made and verified.",
                f"chown it to the worker's user, then: chmod u+rwx {there or folder}",
                ALL,
            )


def key(subject: Subject) -> Iterator[Found]:
    if why := key_fault():
        yield Found(f"No backup of {subject.name} can be signed: {why}", stops=ALL, in_check=False)


def clock(subject: Subject) -> Iterator[Found]:
    for each in clock_differences(subject.target):
        sentence = each.sentence.replace(" Nothing was changed.", "")
        yield Found(sentence, (each.remedy or "",), (Stops.RESTORE, Stops.CHANGE), in_check=False)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
