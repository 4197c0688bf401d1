"""The state of the code on disk, so that a process can tell whether it still runs that code."""

import os
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from portal.core.configuration.settings import ROOT

Seen = dict[str, tuple[int, int, int, int] | None]
"""By file: mtime, ctime, size and inode; None if it does not exist."""

FOLDERS = ("portal", "migrations")
PASSING = {"__pycache__", "static"}
"""Folders without code."""


def release_on_disk() -> Seen:
    """The state of the product's files, the installed packages, and the commit checked out."""
    packages = [*site.getsitepackages(), site.getusersitepackages()]
    return look_at([*_own_files(), *packages, *_commit()])


def loaded_files() -> Seen:
    """The state of the files of all modules loaded in this process."""
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
    """The files in which Git stores what is checked out: HEAD, and the branch with its commit.

    In a worktree `.git` is a file, and branches are stored elsewhere.
    """
    git = ROOT / ".git"
    if git.is_file():
        git = ROOT / git.read_text().removeprefix("gitdir:").strip()
    shared = git / _text_of(git / "commondir")
    branch = _text_of(git / "HEAD").removeprefix("ref:").strip()
    yield from map(str, (git / "HEAD", git / "logs/HEAD", shared / branch, shared / "packed-refs"))


def _text_of(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
