"""What stands on the disk, so that a process knows whether it began with what is there now."""

import os
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from portal.core.settings import ROOT

Seen = dict[str, tuple[int, int, int, int] | None]
"""By file: when it was written and changed, its size and its number; None where there is none."""

FOLDERS = ("portal", "migrations")
PASSING = {"__pycache__", "static"}
"""Folders that hold no code."""


def release_on_disk() -> Seen:
    """The product's files, the packages installed beside it, and the commit checked out."""
    packages = [*site.getsitepackages(), site.getusersitepackages()]
    return look_at([*_own_files(), *packages, *_commit()])


def loaded_files() -> Seen:
    """The files of all modules that this process has loaded."""
    modules = list(sys.modules.values())
    return look_at({file for each in modules if (file := getattr(each, "__file__", None))})


def look_at(files: Iterable[str]) -> Seen:
    return {file: _state(file) for file in files}


def _state(file: str) -> tuple[int, int, int, int] | None:
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _own_files() -> Iterator[str]:
    yield from (str(file) for file in [*ROOT.glob("*.py"), *ROOT.glob("requirements*.txt")])
    for top in FOLDERS:
        for folder, folders, files in os.walk(ROOT / top):
            folders[:] = sorted(set(folders) - PASSING)
            yield from (f"{folder}/{file}" for file in files)


def _commit() -> Iterator[str]:
    """Where Git notes each move of what is checked out; in a worktree `.git` is a file."""
    git = ROOT / ".git"
    if git.is_file():
        git = ROOT / git.read_text().removeprefix("gitdir:").strip()
    yield from (str(git / name) for name in ("HEAD", "logs/HEAD"))
